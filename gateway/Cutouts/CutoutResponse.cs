using System.Buffers;
using System.Globalization;
using Microsoft.Net.Http.Headers;
using Rembg.Contract;
using Rembg.Gateway.Http;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Cutouts;

/// <summary>A cutout as an HTTP answer.</summary>
internal static class CutoutResponse
{
    /// <summary>The one of the possible answers that <c>If-None-Match</c> names, and which then need not be made; null for none.</summary>
    public static CutoutKey? FindKnownToClient(HttpContext context, IReadOnlyList<CutoutKey> candidates)
    {
        var known = context.Request.GetTypedHeaders().IfNoneMatch;
        return candidates.FirstOrDefault(key => known.Any(tag => tag.Compare(new($"\"{key.Value}\"", isWeak: true), useStrongComparison: false)));
    }

    public static void WriteNotModified(HttpContext context, string tag)
    {
        context.Response.StatusCode = StatusCodes.Status304NotModified;
        Describe(context, tag);
    }

    public static Task WriteAsync(HttpContext context, CutoutAnswer answer)
    {
        Describe(context, answer);
        return WriteAsync(context, answer.Cutout, answer.Cutout.Content.Bytes);
    }

    /// <summary>A cutout that is kept, or the part of it that the client asks for.</summary>
    public static Task WriteKeptAsync(HttpContext context, CutoutAnswer answer)
    {
        var (bytes, response) = (answer.Cutout.Content.Bytes, context.Response);
        Describe(context, answer);
        if (answer.Key is { } key)
        {
            Describe(context, key.StrongETag);
            response.Headers.AcceptRanges = "bytes";
            if (ByteRange.Of(context.Request, key.StrongETag, bytes.Length) is { } range)
            {
                range.Describe(response, bytes.Length);
                bytes = bytes.Slice(range.First, range.Length);
            }
        }
        return WriteAsync(context, answer.Cutout, bytes);
    }

    private static async Task WriteAsync(HttpContext context, Cutout cutout, ReadOnlySequence<byte> bytes)
    {
        var response = context.Response;
        response.ContentType = cutout.ContentType;
        response.ContentLength = bytes.Length;
        using var body = new PacedBody(context);
        foreach (var block in bytes) await body.WriteAsync(block);
    }

    /// <summary>The headers of an answer, whatever form its body takes.</summary>
    public static void Describe(HttpContext context, CutoutAnswer answer)
    {
        var (cutout, response) = (answer.Cutout, context.Response);
        Describe(context, answer.Key?.ETag);
        response.Headers["X-Cache"] = answer.Status.ToName();
        if (cutout.Width > 0) response.Headers[PodHeaders.Width] = Invariant(cutout.Width);
        if (cutout.Height > 0) response.Headers[PodHeaders.Height] = Invariant(cutout.Height);
        if (cutout.MaxWidth > 0) response.Headers[PodHeaders.MaxWidth] = Invariant(cutout.MaxWidth);
        if (cutout.MaxHeight > 0) response.Headers[PodHeaders.MaxHeight] = Invariant(cutout.MaxHeight);
        if (cutout.Frames > 0) response.Headers[PodHeaders.Frames] = Invariant(cutout.Frames);
        response.Headers[PodHeaders.Foreground] = cutout.Foreground;
        response.Headers[PodHeaders.Uncertainty] = cutout.Uncertainty;
        response.Headers[PodHeaders.ServerTiming] = Timing(context, answer);
    }

    private static void Describe(HttpContext context, string? tag)
    {
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "private, no-cache"; // may be kept by the client, who then asks whether it is still right
    }

    /// <summary>The pod's stages and the whole as seen here; a hit had no stages.</summary>
    private static string Timing(HttpContext context, CutoutAnswer answer)
    {
        var total = $"total;dur={context.Deadline().Elapsed.TotalMilliseconds.ToString("0.#", CultureInfo.InvariantCulture)}";
        return answer.Status == CacheStatus.Hit || answer.Cutout.ServerTiming is not { } stages ? total : $"{stages}, {total}";
    }

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);
}
