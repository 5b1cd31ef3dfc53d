using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rembg.Contract;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Testing;

/// <summary>Ways in which a pod may answer.</summary>
public static class PodScripts
{
    /// <summary>An image with these bytes in it ends the process of a pod that was started as a program.</summary>
    public static byte[] Poison { get; } = [.. "of this a pod dies"u8];

    /// <summary>A cutout of the asked format's type: its signature, then filler up to <paramref name="bytes"/>.</summary>
    /// <param name="queue">Milliseconds that the run is said to have waited in the pod.</param>
    /// <param name="infer">Milliseconds that the run is said to have taken.</param>
    /// <param name="version">Of the pod; null for a pod that does not say it.</param>
    public static PodScript Cutout(int bytes = 1000, int load = 1, string foreground = "1 2 3 4", double infer = 3, double queue = 1, string? version = "1") => async (context, request) =>
    {
        var options = CutoutOptions.FromQuery(context.Request.Query.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString())));
        var response = context.Response;
        var wanted = context.Request.Headers[PodHeaders.Mask].ToString();
        response.ContentType = wanted == PodHeaders.MaskAlone ? "application/octet-stream" : options.ContentType;
        response.Headers[PodHeaders.Width] = "40";
        response.Headers[PodHeaders.Height] = "30";
        response.Headers[PodHeaders.Frames] = "7";
        response.Headers[PodHeaders.MaxWidth] = "400";
        response.Headers[PodHeaders.MaxHeight] = "300";
        response.Headers[PodHeaders.Foreground] = foreground;
        response.Headers[PodHeaders.Uncertainty] = "0.012";
        if (version is not null) response.Headers[PodHeaders.Version] = $"{version}-{options.Model}";
        response.Headers[PodHeaders.Load] = $"{load}";
        var hasMask = request.Mask.Length > 0;
        if (!hasMask) response.Headers[PodHeaders.BatchSize] = "1";
        response.Headers[PodHeaders.ServerTiming] = hasMask ? "mask;dur=2" : string.Create(CultureInfo.InvariantCulture, $"queue;dur={queue}, decode;dur=2, infer;dur={infer}");
        var mask = wanted.Length > 0 && version is not null ? Mask(request.Image, version) : [];
        if (mask.Length > 0)
        {
            response.Headers[PodHeaders.MaskVersion] = $"{version}-{options.Model}";
            response.Headers[PodHeaders.MaskBytes] = $"{mask.Length}";
        }
        await response.Body.WriteAsync((byte[])[.. wanted == PodHeaders.MaskAlone ? [] : Picture(options.Format, bytes), .. mask]);
    };

    /// <summary>The mask that <see cref="Cutout"/> gives for an image.</summary>
    public static byte[] Mask(byte[] image, string version = "1") => [.. Encoding.ASCII.GetBytes($"mask {version} of "), .. SHA256.HashData(image)];

    /// <summary>A pod of an earlier version: it knows these options, refuses any other, and does not say its version.</summary>
    public static PodScript Older(params string[] options) => (context, request) =>
        context.Request.Query.Keys.Except(options).FirstOrDefault() is { } unknown
            ? ProblemWriter.WriteAsync(context, Problem.UnknownParameter(unknown))
            : Cutout(version: null)(context, request);

    /// <summary>Waits for something, then goes on; ends early when the gateway hangs up.</summary>
    public static PodScript After(Task something, PodScript then) => async (context, request) =>
    {
        await something.WaitAsync(context.RequestAborted);
        await then(context, request);
    };

    public static PodScript Overloaded(string reason = PodHeaders.QueueFull) => (context, _) =>
        ProblemWriter.WriteAsync(context, Problem.Overloaded("The queue is full.", reason));

    public static PodScript Refuses(Problem problem) => (context, _) => ProblemWriter.WriteAsync(context, problem);

    /// <summary>Loses the connection with the request in hand; is still there, unlike after <see cref="FakePod.KillAsync"/>.</summary>
    public static PodScript Dies() => (context, _) =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    /// <summary>Loses the connection when a part of the answer is out.</summary>
    public static PodScript DiesMidAnswer() => async (context, request) =>
    {
        context.Response.ContentLength = 100_000;
        context.Response.ContentType = "image/png";
        await context.Response.Body.WriteAsync(Picture(OutputFormat.Png, 50_000));
        await context.Response.Body.FlushAsync();
        context.Abort();
    };

    /// <summary>Says yes, with something that is not a picture.</summary>
    public static PodScript InvalidResponse(string contentType = "image/png") => (context, _) =>
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync("<html>It works!</html>");
    };

    /// <summary>Says something that is not HTTP.</summary>
    public static PodScript NotHttp() => async (context, _) =>
    {
        var connection = context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Output;
        await connection.WriteAsync("It works!\r\n\r\n"u8.ToArray());
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted); // the gateway hangs up
    };

    /// <summary>An answer without an end.</summary>
    public static PodScript Endless() => async (context, _) =>
    {
        context.Response.ContentType = "image/png";
        var picture = Picture(OutputFormat.Png, 64 << 10);
        while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(picture, context.RequestAborted);
    };

    private static byte[] Picture(OutputFormat format, int bytes)
    {
        byte[] signature = format switch
        {
            OutputFormat.Png => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A],
            OutputFormat.Jpg => [0xFF, 0xD8, 0xFF],
            OutputFormat.Webp => [.. "RIFF\0\0\0\0WEBP"u8],
            OutputFormat.Avif => [.. "\0\0\0\u001Cftypavif"u8],
            _ => [.. "PK\u0003\u0004"u8],
        };
        var picture = new byte[Math.Max(bytes, signature.Length)];
        new Random(1).NextBytes(picture);
        signature.CopyTo(picture, 0);
        return picture;
    }
}
