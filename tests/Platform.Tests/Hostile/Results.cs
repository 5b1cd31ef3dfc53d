using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>What became of the inputs: how often which status, and each input that was not answered as the documents say.</summary>
internal sealed class Results
{
    private static readonly HashSet<HttpStatusCode> Documented =
        [HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.UnsupportedMediaType, HttpStatusCode.UnprocessableEntity];

    private readonly ConcurrentDictionary<string, int> _outcomes = new();

    public ConcurrentQueue<string> Faults { get; } = [];
    public int Tried => _outcomes.Values.Sum();

    public async Task SendAsync(HttpClient http, HttpRequestMessage request, HostileFile file, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellation);
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            Count($"{(int)response.StatusCode}");
            if (!Documented.Contains(response.StatusCode) || !IsWhole(response, body)) Faults.Enqueue($"{file}: {(int)response.StatusCode} of {body.Length} bytes from {request.RequestUri}");
        }
        catch (Exception broken) when (broken.IsLostConnection() || broken is TaskCanceledException)
        {
            Count(broken is TaskCanceledException ? "no answer" : "cut off");
            Faults.Enqueue($"{file}: {broken.Message} at {request.RequestUri}");
        }
    }

    public override string ToString() => string.Join(", ", _outcomes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Value:N0} x {pair.Key}"));

    private void Count(string outcome) => _outcomes.AddOrUpdate(outcome, 1, (_, count) => count + 1);

    /// <summary>A picture up to its end, or a problem with its code.</summary>
    private static bool IsWhole(HttpResponseMessage response, ReadOnlySpan<byte> body) => response.Content.Headers.ContentType?.MediaType switch
    {
        "image/png" => body.StartsWith(FileParts.PngSignature) && body.EndsWith((ReadOnlySpan<byte>)[0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]),
        "image/jpeg" => body.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) && body.EndsWith((ReadOnlySpan<byte>)[0xFF, 0xD9]),
        "image/webp" => FileParts.ContainerOf(body) == Container.Webp,
        "application/zip" => body.StartsWith("PK"u8) && body[^22..].StartsWith("PK\x05\x06"u8),
        "application/problem+json" => JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("code").GetString() is { Length: > 0 },
        "application/json" => JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("errors")[0].GetProperty("code").GetString() is { Length: > 0 },
        _ => false,
    };
}
