using System.Runtime.CompilerServices;
using Rembg.Contract.Problems;
using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// The queue's Lua scripts: each change of a task is one, so that it happens as a whole or not at all. The library sends a
/// script's hash, and the script itself to a server that does not know it.
/// </summary>
internal sealed class TaskScript
{
    private readonly string _text;

    private TaskScript([CallerMemberName] string name = "")
    {
        using var stream = typeof(TaskScript).Assembly.GetManifestResourceStream(name + ".lua")!;
        using var reader = new StreamReader(stream);
        _text = reader.ReadToEnd();
    }

    public static TaskScript EnqueueTask { get; } = new();
    public static TaskScript TakeTasks { get; } = new();
    public static TaskScript ExtendLease { get; } = new();
    public static TaskScript FinishTask { get; } = new();
    public static TaskScript ReturnTask { get; } = new();
    public static TaskScript DeleteTask { get; } = new();
    public static TaskScript RequeueTask { get; } = new();
    public static TaskScript DropDeadLetter { get; } = new();

    public Task<RedisResult> RunAsync(IDatabase redis, RedisKey[] keys, params RedisValue[] arguments) =>
        OrUnavailableAsync(redis.ScriptEvaluateAsync(_text, keys, arguments));

    /// <summary>Redis away, too slow, full or starting is no fault of the caller's: 503. An error of a script is a bug.</summary>
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
}
