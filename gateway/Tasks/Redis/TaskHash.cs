using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>Reads a task from its hash, as the scripts write it. Times are microseconds of Redis' clock.</summary>
internal static class TaskHash
{
    /// <summary>What describe() in TaskQueue.lua tells: the hash as names and values, then what its position follows from.</summary>
    public static CutoutTask Read(string id, RedisResult[] found)
    {
        var fields = Fields(found[0]);
        var state = Enum.Parse<TaskState>(fields["state"].ToString());
        return new CutoutTask
        {
            Id = id,
            Request = FromJson(fields["request"], TaskJson.Default.TaskRequest)!,
            State = state,
            Event = fields.GetValueOrDefault("event").ToString(),
            CreatedAt = Time(fields["created"]),
            StartedAt = fields.TryGetValue("started", out var started) ? Time(started) : null,
            FinishedAt = fields.TryGetValue("finished", out var finished) ? Time(finished) : null,
            Attempts = (int)fields["attempts"],
            Position = state == TaskState.Queued ? QueuePosition.Estimate((long)found[1], (long)found[2], (long)found[3], (long)found[4]) : null,
            Error = FromJson(fields.GetValueOrDefault("error"), TaskJson.Default.Problem),
            Result = FromJson(fields.GetValueOrDefault("result"), TaskJson.Default.TaskResult),
        };
    }

    public static Dictionary<string, RedisValue> Fields(RedisResult hash) => ((RedisValue[])hash!).Chunk(2).ToDictionary(field => field[0].ToString(), field => field[1]);

    /// <summary>One task of TakeTasks' answer: id, token, attempt, request, created.</summary>
    public static TaskLease ReadLease(RedisResult[] task) =>
        new((string)task[0]!, (long)task[1], (int)task[2], FromJson((RedisValue)task[3], TaskJson.Default.TaskRequest)!, Time((RedisValue)task[4]));

    public static string Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);

    public static DateTimeOffset Time(RedisValue microseconds) =>
        DateTimeOffset.UnixEpoch.AddMicroseconds(double.Parse(microseconds.ToString(), CultureInfo.InvariantCulture));

    private static T? FromJson<T>(RedisValue json, JsonTypeInfo<T> type) where T : class =>
        json.IsNull ? null : JsonSerializer.Deserialize(json.ToString(), type);
}
