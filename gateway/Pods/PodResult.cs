using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Yarp.ReverseProxy.Forwarder;

namespace Rembg.Gateway.Pods;

/// <summary>Why another pod may be asked.</summary>
internal enum RetryReason { None, ConnectFailed, ConnectionLost, Unresponsive, InvalidResponse, Overloaded }

/// <summary>How one pod dealt with a run: a cutout, or the problem that is the answer unless another pod does better.</summary>
internal sealed record PodResult(Cutout? Cutout, Problem? Problem, RetryReason Retry = RetryReason.None)
{
    private const int MaxProblemBytes = 64 << 10, MaxHeaderLength = 1000;

    /// <summary>After a lost connection: whether the pod has died, once that is known.</summary>
    public Task<bool> PodDied { get; init; } = Task.FromResult(false);

    /// <summary>The connection was cut at the deadline.</summary>
    public static PodResult Late { get; } = new(null, Problem.DeadlineExceeded());

    /// <summary>Of a pod that answered no probe any more and was left.</summary>
    public static PodResult Unresponsive { get; } = new(null, Problem.BadUpstream(), RetryReason.Unresponsive);

    private static PodResult ConnectFailed { get; } = new(null, Problem.Overloaded("No inference pod is available."), RetryReason.ConnectFailed);

    /// <summary>An answer that is none. It can't be the image's fault, for which there are other answers.</summary>
    private static readonly PodResult InvalidResponse = new(null, Problem.BadUpstream(), RetryReason.InvalidResponse);

    /// <summary>Of an exchange that came to an end: the status decides, and what cannot be a cutout is a bad answer.</summary>
    /// <param name="mask">That the pod was given; null when it was asked for one.</param>
    public static PodResult FromAnswer(HttpResponse response, AnswerBuffer body, string contentType, Mask? mask)
    {
        if (response.Headers[PodHeaders.Overload].ToString() is { Length: > 0 } reason)
            return new(null, Problem.Overloaded("All inference pods are full.", reason) with { Overload = reason }, RetryReason.Overloaded);
        return response.StatusCode switch
        {
            StatusCodes.Status200OK => FromPicture(response, body, contentType, mask),
            StatusCodes.Status504GatewayTimeout => new(null, Problem.DeadlineExceeded()),
            >= 400 and < 500 => ReadProblem(response.StatusCode, body) is { } problem ? new(null, problem) : InvalidResponse,
            _ => InvalidResponse,
        };
    }

    /// <summary>Of an exchange that broke: where it broke decides whether another pod may be asked.</summary>
    public static PodResult FromFailure(IForwarderErrorFeature failure, AnswerBuffer body)
    {
        if (body.Overflowed) return InvalidResponse;
        // What cancels is told apart before: this is the time for a connection that ran out.
        if (failure.Exception is OperationCanceledException) return ConnectFailed;
        var kind = (failure.Exception as HttpRequestException)?.HttpRequestError ?? (failure.Exception as HttpIOException)?.HttpRequestError;
        return kind switch
        {
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => ConnectFailed,
            HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded => InvalidResponse,
            _ => new(null, Problem.BadUpstream(), RetryReason.ConnectionLost),
        };
    }

    private static PodResult FromPicture(HttpResponse response, AnswerBuffer body, string contentType, Mask? mask)
    {
        var maskBytes = Number(response.Headers, PodHeaders.MaskBytes);
        if (maskBytes > body.Length) return InvalidResponse;
        if (response.ContentType != contentType || !LooksLike(contentType, body.ToSequence().FirstSpan)) return InvalidResponse;
        var headers = response.Headers;
        var tail = maskBytes > 0 ? body.TakeTail(maskBytes) : null;
        var cutout = new Cutout(contentType, Number(headers, PodHeaders.Width), Number(headers, PodHeaders.Height),
            Text(headers, PodHeaders.Foreground), Timing(headers, body));
        return new(cutout with
        {
            Content = body.Complete(),
            MaxWidth = Number(headers, PodHeaders.MaxWidth),
            MaxHeight = Number(headers, PodHeaders.MaxHeight),
            Frames = Number(headers, PodHeaders.Frames),
            Uncertainty = Text(headers, PodHeaders.Uncertainty),
            Version = Text(headers, PodHeaders.Version),
            Mask = tail is not null && Text(headers, PodHeaders.MaskVersion) is { } maskVersion ? new(maskVersion, tail) : mask,
            IsRedrawn = mask is not null,
        }, null);
    }

    /// <summary>The pod names the stages that are over when its head goes out; what follows is encoding.</summary>
    private static string? Timing(IHeaderDictionary headers, AnswerBuffer body) =>
        Text(headers, PodHeaders.ServerTiming) is { } stages ? string.Create(CultureInfo.InvariantCulture, $"{stages}, encode;dur={body.SinceResponseStart.TotalMilliseconds:F1}") : null;

    /// <summary>By its first bytes, which is all that the gateway ever reads of a picture.</summary>
    private static bool LooksLike(string contentType, ReadOnlySpan<byte> bytes) => contentType switch
    {
        "image/png" => bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']),
        "image/jpeg" => bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]),
        "image/avif" => bytes.Length > 8 && bytes[4..].StartsWith("ftyp"u8),
        "image/webp" => bytes.StartsWith("RIFF"u8),
        MediaTypeNames.Application.Octet => !bytes.IsEmpty, // a mask alone
        _ => bytes.StartsWith("PK"u8),
    };

    private static Problem? ReadProblem(int status, AnswerBuffer body)
    {
        if (body.Length > MaxProblemBytes) return null;
        try
        {
            var reader = new Utf8JsonReader(body.ToSequence());
            var json = JsonSerializer.Deserialize(ref reader, ProblemJson.Default.ProblemDetails);
            return json is { Title: { } title } && json.Extensions.TryGetValue("code", out var code) && code?.ToString() is { } text
                ? new Problem(status, text, title) { Detail = json.Detail }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int Number(IHeaderDictionary headers, string name) =>
        int.TryParse(headers[name].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    /// <summary>Printable ASCII, because it is said again in an answer of ours.</summary>
    private static string? Text(IHeaderDictionary headers, string name) =>
        headers[name].ToString() is { Length: > 0 and <= MaxHeaderLength } text && text.All(character => character is >= ' ' and <= '~') ? text : null;
}
