using System.Text.Json;
using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <param name="Id">Its task.</param>
/// <param name="At">When the task was given up.</param>
/// <param name="Bytes">Of the upload.</param>
/// <param name="Why">Code of the last bad end; "gateway_died" when no gateway lived to tell.</param>
internal sealed record DeadLetter(string Id, DateTimeOffset At, long Bytes, string Why);

/// <summary>Tasks that were given up, kept with their uploads for an operator to try again or drop.</summary>
internal sealed class DeadLetters(IDatabase redis, TaskOptions options)
{
    private readonly string _scriptOptions = RedisTaskOptions.Json(options);

    public async Task<IReadOnlyList<DeadLetter>> ListAsync() =>
        [.. ((RedisResult[])(await TaskScript.ListDeadLetters.RunAsync(redis, _scriptOptions))!).Select(letter => Read((RedisValue[])letter!))];

    /// <summary>False when the task or its upload is not there any more.</summary>
    public async Task<bool> RequeueAsync(string id) => (bool)await TaskScript.RequeueDeadLetter.RunAsync(redis, _scriptOptions, id);

    /// <summary>False when it is not there any more.</summary>
    public async Task<bool> DropAsync(string id) => (bool)await TaskScript.DropDeadLetter.RunAsync(redis, _scriptOptions, id);

    private static DeadLetter Read(RedisValue[] letter) => new(letter[0].ToString(), TaskHash.Time(letter[1]), (long)letter[2], Code(letter[3].ToString()));

    private static string Code(string problem) =>
        problem.Length == 0 ? "gateway_died" : JsonSerializer.Deserialize(problem, TaskJson.Default.Problem)!.Code;
}
