using System.Text.Json;
using StackExchange.Redis;
using static Rembg.Gateway.Tasks.Redis.TaskScript;

namespace Rembg.Gateway.Tasks.Redis;

/// <param name="Entry">In the stream of dead letters.</param>
/// <param name="Id">Its task.</param>
/// <param name="At">When the task was given up.</param>
/// <param name="Bytes">Of the upload.</param>
/// <param name="Why">Code of the last bad end; "gateway_died" when no gateway lived to tell.</param>
internal sealed record DeadLetter(string Entry, string Id, DateTimeOffset At, long Bytes, string Why);

/// <summary>Tasks that were given up, kept with their uploads for an operator to try again or drop.</summary>
internal sealed class DeadLetters(IDatabase redis, TaskOptions options)
{
    public async Task<IReadOnlyList<DeadLetter>> ListAsync() =>
        [.. (await OrUnavailableAsync(redis.StreamRangeAsync(TaskKeys.Dead))).Select(Read)];

    /// <summary>False when the task or its upload is not there any more.</summary>
    public async Task<bool> RequeueAsync(DeadLetter letter) =>
        (bool)await RequeueTask.RunAsync(redis,
            [TaskKeys.Work, TaskKeys.Waiting, TaskKeys.Stats, TaskKeys.Dead, TaskKeys.Task(letter.Id), TaskKeys.Input(letter.Id)],
            letter.Id, letter.Entry, (long)options.InputLifetime.TotalMilliseconds, (long)options.Retention.TotalMilliseconds);

    /// <summary>False when it is not there any more.</summary>
    public async Task<bool> DropAsync(DeadLetter letter) =>
        (bool)await DropDeadLetter.RunAsync(redis, [TaskKeys.Dead, TaskKeys.Stats, TaskKeys.Input(letter.Id)], letter.Entry, letter.Bytes);

    private static DeadLetter Read(StreamEntry entry)
    {
        var milliseconds = long.Parse(entry.Id.ToString().Split('-')[0], provider: null);
        return new(entry.Id.ToString(), entry["id"].ToString(), DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), (long)entry["bytes"], Code(entry["why"].ToString()));
    }

    private static string Code(string problem) =>
        problem.Length == 0 ? "gateway_died" : JsonSerializer.Deserialize(problem, TaskJson.Default.Problem)!.Code;
}
