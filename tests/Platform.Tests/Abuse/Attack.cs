using System.Text;
using System.Text.Json;
using static Rembg.Platform.Tests.Abuse.Attacker;

namespace Rembg.Platform.Tests.Abuse;

/// <summary>One way to close the platform for others.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Cost">To the attacker.</param>
/// <param name="Before">What it did before the bounds had shares by client; "-" where it was not tried.</param>
/// <param name="RunAsync">Goes on until <see cref="Attacker.End"/>.</param>
/// <param name="IsStopped">Whether the attacker is refused or cut; an attack that is merely cheap to serve is not.</param>
/// <param name="IsSlow">It is cut only after a while.</param>
/// <param name="WithKeys">API keys are on, and the attacker has none.</param>
internal sealed record Attack(string Name, string Cost, string Before, Func<Attacker, Task> RunAsync, bool IsStopped = true, bool IsSlow = false, bool WithKeys = false)
{
    /// <summary>Images with these bytes: the pod's cutout has 13 MiB; the pod refuses it; the pod takes 20 s for it.</summary>
    public static readonly byte[] Large = [.. "LARGE"u8], Refused = [.. "REFUSED"u8], Slow = [.. "SLOW"u8];

    public static IReadOnlyList<Attack> All { get; } =
    [
        new("34 uploads that announce 25 MiB and send nothing", "34 sockets", "503 for everybody for as long as it lasts",
            attacker => attacker.SocketsAsync(34, "POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 26214400\r\n\r\n"), IsSlow: true),
        new("JSON of 33 MB, `[1,1,...]`", "33 MB each", "104 -> 594 MB that stay, 8 s of CPU each",
            attacker => attacker.LoopAsync(2, _ => Post("/v1.0/removebg", Json("[", "1,", "1]"), "application/json"))),
        new("JSON of 33 MB, an object of millions of properties", "33 MB each", "1,361 MB, 13 s of CPU each",
            attacker => attacker.LoopAsync(2, _ => Post("/v1.0/removebg", Json("{", "\"a\":1,", "\"a\":1}"), "application/json"))),
        new("40 readers of one task's result of 13 MiB, 12 KiB/s each", "486 KiB/s", "closed for as long as they like", ReadSlowlyAsync, IsSlow: true),
        new("1,000 small tasks at once", "1,000 requests", "the queue is one FIFO: they go before everybody else's",
            attacker => attacker.BurstAsync(1000, i => Post("/v1/tasks", Image(i)))),
        new("156 small tasks that share a cached result of 13 MiB", "156 requests", "`POST /v1/tasks` is 503 for everybody for an hour",
            attacker => attacker.BurstAsync(156, i => Post($"/v1/tasks?bg_color=0000{i:x2}", Image(0, Large))), IsStopped: false),
        new("tasks that the pod refuses, as many as go", "2 to 3 KB each", "34,000: 106 -> 262 MB that stay", attacker => attacker.LoopAsync(16, i => Post("/v1/tasks", Image(i, Refused)))),
        new("400 uploads in flight", "8 MB", "250: 34 of 34 requests of another are 503", attacker => attacker.LoopAsync(400, i => Post("/v1/remove-background", Image(i)))),
        new("2,060 connections that say nothing", "2,060 sockets", "everybody else is cut off for 60 s", attacker => attacker.SocketsAsync(2060, "")),
        new("`GET /openapi/v1.json` in 8 loops", "8 sockets", "23 ms of CPU each, unmetered", attacker => attacker.LoopAsync(8, _ => new(HttpMethod.Get, "/openapi/v1.json"))),
        new("polling tasks in 32 loops", "32 sockets", "unmetered", attacker => attacker.LoopAsync(32, _ => new(HttpMethod.Get, "/v1/tasks/00000000000000000000000000"))),
        new("wrong keys in 8 loops", "8 sockets", "the right key from that address is 429 too", attacker => attacker.LoopAsync(8, i =>
        {
            var request = Post("/v1/remove-background", Image(i));
            request.Headers.Add("X-Api-Key", $"wrong-{i}");
            return request;
        }), WithKeys: true),
        new("multipart bodies of 100,000 parts", "6 MB each", "-", attacker => attacker.LoopAsync(4, _ => Post("/v1/remove-background", Parts(), "multipart/form-data; boundary=b"))),
        new("a thousand headers in a request", "20 KB each", "-", attacker => attacker.LoopAsync(8, i =>
        {
            var request = Post("/v1/remove-background", Image(i));
            for (var header = 0; header < 1000; header++) request.Headers.TryAddWithoutValidation($"X-{header}", "value");
            return request;
        })),
        new("HTTP/2 without TLS, streams and resets", "8 sockets", "-", attacker => attacker.SocketsAsync(8, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Http2Resets())),
        new("`If-None-Match` of hundreds of tags, 8 loops", "14 KB each", "-", attacker => attacker.LoopAsync(8, i =>
        {
            var request = Post("/v1/remove-background", Image(0));
            request.Headers.TryAddWithoutValidation("If-None-Match", string.Join(", ", Enumerable.Range(0, 900).Select(tag => $"W/\"{tag:x8}\"")));
            return request;
        })),
        new("idempotency keys, a new one each, 16 loops", "20 KB each", "-", attacker => attacker.LoopAsync(16, i =>
        {
            var request = Post("/v1/tasks", Image(i));
            request.Headers.Add("Idempotency-Key", $"key-{i}");
            return request;
        })),
        new("500 long polls of one task", "500 sockets", "-", PollLongAsync),
        new("200 requests that coalesce on one slow run", "4 MB", "-", attacker => attacker.BurstAsync(200, _ => Post("/v1/remove-background", Image(0, Slow))), IsStopped: false),
    ];

    public static byte[] Image(int number, byte[]? marker = null) => [0xFF, 0xD8, 0xFF, 0xE0, .. new byte[20_000], .. marker ?? [], .. BitConverter.GetBytes(number), 0xA7];

    private static async Task ReadSlowlyAsync(Attacker attacker)
    {
        if (await TaskAsync(attacker, Image(1, Large)) is not { } id) return;
        await attacker.SendAsync(new(HttpMethod.Get, $"/v1/tasks/{id}?wait=10s"));
        await attacker.SocketsAsync(40, $"GET /v1/tasks/{id}/result HTTP/1.1\r\nHost: x\r\n\r\n", readBytesPerSecond: 12 << 10);
    }

    private static async Task PollLongAsync(Attacker attacker)
    {
        if (await TaskAsync(attacker, Image(2, Slow)) is { } id) await attacker.LoopAsync(500, _ => new(HttpMethod.Get, $"/v1/tasks/{id}?wait=30s"));
    }

    private static async Task<string?> TaskAsync(Attacker attacker, byte[] image) =>
        await attacker.SendAsync(Post("/v1/tasks", image)) is { } accepted ? JsonDocument.Parse(accepted).RootElement.GetProperty("id").GetString() : null;

    private static byte[] Json(string start, string item, string end)
    {
        var body = new byte[33 << 20];
        var one = Encoding.ASCII.GetBytes(item);
        Encoding.ASCII.GetBytes(start).CopyTo(body, 0);
        var at = start.Length;
        for (; at + one.Length + end.Length < body.Length; at += one.Length) one.CopyTo(body, at);
        Encoding.ASCII.GetBytes(end).CopyTo(body, at);
        return body[..(at + end.Length)];
    }

    private static byte[] Parts()
    {
        var body = new StringBuilder();
        for (var i = 0; i < 100_000; i++) body.Append("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n");
        return Encoding.ASCII.GetBytes(body.Append("--b--\r\n").ToString());
    }

    /// <summary>SETTINGS, then a thousand times HEADERS and RST_STREAM (the "rapid reset" of 2023).</summary>
    private static byte[] Http2Resets()
    {
        using var frames = new MemoryStream();
        frames.Write([0, 0, 0, 4, 0, 0, 0, 0, 0]);
        for (var stream = 1; stream < 2000; stream += 2)
        {
            byte[] id = [0, 0, (byte)(stream >> 8), (byte)stream];
            frames.Write([0, 0, 3, 1, 5, .. id, 0x82, 0x84, 0x86]);
            frames.Write([0, 0, 4, 3, 0, .. id, 0, 0, 0, 8]);
        }
        return frames.ToArray();
    }
}
