using System.Runtime.CompilerServices;
using Rembg.Contract.Problems;
using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// The queue's Lua scripts: each change of a task is one, so that it happens as a whole or not at all. Each is sent with
/// <c>TaskQueue.lua</c> before it. The library sends a script's hash, and the script itself to a server that does not know it.
/// </summary>
internal sealed class TaskScript
{
    private static readonly string Common = Read("TaskQueue");

    private readonly string _text;

    private TaskScript([CallerMemberName] string name = "") => _text = Common + Read(name);

    public static TaskScript CheckRoom { get; } = new();
    public static TaskScript EnqueueTask { get; } = new();
    public static TaskScript FindTask { get; } = new();
    public static TaskScript ListTasks { get; } = new();
    public static TaskScript ReadEvents { get; } = new();
    public static TaskScript TakeTasks { get; } = new();
    public static TaskScript ExtendLease { get; } = new();
    public static TaskScript FinishTask { get; } = new();
    public static TaskScript ReturnTask { get; } = new();
    public static TaskScript DeleteTask { get; } = new();
    public static TaskScript MeasureQueue { get; } = new();
    public static TaskScript ListDeadLetters { get; } = new();
    public static TaskScript RequeueDeadLetter { get; } = new();
    public static TaskScript DropDeadLetter { get; } = new();
    public static TaskScript OpenBatch { get; } = new();
    public static TaskScript RefuseImage { get; } = new();
    public static TaskScript SealBatch { get; } = new();
    public static TaskScript FindBatch { get; } = new();
    public static TaskScript DeleteBatch { get; } = new();
    public static TaskScript TakeDeliveries { get; } = new();
    public static TaskScript EndTurn { get; } = new();
    public static TaskScript EndDelivery { get; } = new();
    public static TaskScript ListDeadDeliveries { get; } = new();
    public static TaskScript ReplayDelivery { get; } = new();

    /// <param name="redis">The connection for small commands.</param>
    /// <param name="options">Of <see cref="RedisTaskOptions"/>, JSON.</param>
    /// <param name="arguments">Of the script itself.</param>
    public Task<RedisResult> RunAsync(IDatabase redis, string options, params RedisValue[] arguments) =>
        OrUnavailableAsync(redis.ScriptEvaluateAsync(_text, [TaskKeys.Prefix], [options, .. arguments]));

    /// <summary>Redis that is unreachable, slow, full, starting or a replica is 503: not the caller's fault. An error in a script is a bug.</summary>
    public static async Task<T> OrUnavailableAsync<T>(Task<T> command)
    {
        try
        {
            return await command;
        }
        catch (Exception exception) when (exception is RedisConnectionException or RedisTimeoutException
            || (exception is RedisServerException && !exception.Message.StartsWith("ERR", StringComparison.Ordinal)))
        {
            throw Problem.Overloaded("The store of tasks does not answer.").AsException();
        }
    }

    private static string Read(string name)
    {
        using var stream = typeof(TaskScript).Assembly.GetManifestResourceStream(name + ".lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
