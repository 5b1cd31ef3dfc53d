using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rembg.Models.Tests;

/// <summary>A release page on this machine: serves one file, understands ranges, and can fail as real ones do.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    public FileServer(byte[] file)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/small.onnx", async context =>
        {
            Ranges.Enqueue(context.Request.Headers.Range.ToString());
            if (StopAfter is { } bytes)
            {
                context.Response.ContentLength = file.Length;
                await context.Response.Body.WriteAsync(file.AsMemory(0, bytes));
                await context.Response.Body.FlushAsync();
                Stopped.TrySetResult();
                if (HoldsOpen) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                context.Abort();
                return;
            }
            await Results.Bytes(file, enableRangeProcessing: UnderstandsRanges).ExecuteAsync(context);
        });
    }

    /// <summary>The Range header of each request so far; empty where there was none.</summary>
    public ConcurrentQueue<string> Ranges { get; } = new();

    /// <summary>Breaks off after this many bytes.</summary>
    public int? StopAfter { get; set; }

    /// <summary>With <see cref="StopAfter"/>: falls silent instead of closing the connection.</summary>
    public bool HoldsOpen { get; set; }
    public bool UnderstandsRanges { get; set; } = true;

    /// <summary>Done when a response has broken off.</summary>
    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Url => $"{_app.Urls.First()}/small.onnx";

    public static async Task<FileServer> StartAsync(byte[] file)
    {
        var server = new FileServer(file);
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
