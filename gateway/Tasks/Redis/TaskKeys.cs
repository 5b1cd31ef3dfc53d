using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// Names in Redis. The braces keep all of them in one slot of a cluster, so that a script may touch several.
/// </summary>
internal static class TaskKeys
{
    private const string Prefix = "rembg:{tasks}:";
    public const string TaskPrefix = Prefix + "task:";
    public const string InputPrefix = Prefix + "input:";

    public static readonly RedisKey Work = Prefix + "work";
    public static readonly RedisKey Waiting = Prefix + "waiting";
    public static readonly RedisKey Stats = Prefix + "stats";
    public static readonly RedisKey Results = Prefix + "results";
    public static readonly RedisKey Dead = Prefix + "dead";

    public static readonly RedisChannel WorkChannel = RedisChannel.Literal(Prefix + "work");
    public static readonly RedisChannel EndChannel = RedisChannel.Literal(Prefix + "ended");

    /// <summary>Of the work stream. All gateways are one group, and one consumer of it: who holds a task is told by its lease's
    /// token, and names of gateways that come and go would pile up in the group.</summary>
    public const string Group = "gateways", Consumer = "gateway";

    public static RedisKey Task(string id) => TaskPrefix + id;

    public static RedisKey Input(string id) => InputPrefix + id;

    /// <summary>A name for each lease: a run that lost its own must not overwrite what another has made.</summary>
    public static RedisKey Picture(TaskLease lease) => $"{Prefix}picture:{lease.Id}:{lease.Token}";

    public static RedisKey Idempotency(string key) => Prefix + "idempotency:" + key;
}
