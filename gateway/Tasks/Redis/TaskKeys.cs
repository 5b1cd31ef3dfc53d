using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// Names in Redis; <c>TaskQueue.lua</c> says what they hold. The braces keep all of them in one slot of a cluster, so that a script
/// may touch several. The number is the layout's: gateways of another one do not see each other's tasks, and do not trip over them.
/// </summary>
internal static class TaskKeys
{
    public const string Prefix = "rembg:{tasks}:2:";

    public static readonly RedisChannel WorkChannel = RedisChannel.Literal(Prefix + "work");
    public static readonly RedisChannel EventChannel = RedisChannel.Literal(Prefix + "events");

    public static RedisKey Task(string id) => Prefix + "task:" + id;

    public static RedisKey Input(string id) => Prefix + "input:" + id;

    /// <summary>A name for each lease: a run that lost its own must not overwrite what another has made.</summary>
    public static RedisKey Cutout(TaskLease lease) => $"{Prefix}cutout:{lease.Id}:{lease.Token}";
}
