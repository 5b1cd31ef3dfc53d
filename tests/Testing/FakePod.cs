using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Rembg.Contract;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Hosting;
using Rembg.Contract.Models;

namespace Rembg.Testing;

/// <summary>What a pod was asked.</summary>
public sealed record PodRequest(string Query, IHeaderDictionary Headers, byte[] Image, byte[] Mask)
{
    /// <summary>A file; empty for none.</summary>
    public byte[] Background { get; init; } = [];

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Image));
}

/// <summary>How a pod answers one run.</summary>
public delegate Task PodScript(HttpContext context, PodRequest request);

/// <summary>
/// An inference pod without a model: real Kestrel, the contract's routes (the management ones on the same port), and
/// answers by script (<see cref="PodScripts"/>).
/// </summary>
public sealed class FakePod : IAsyncDisposable
{
    private WebApplication? _app;
    private int _inFlight;
    private int _probes;

    private FakePod(int port) => Port = port;

    public int Port { get; private set; }
    public string Address => $"http://127.0.0.1:{Port}";

    /// <summary>How it answers unless <see cref="Next"/> says otherwise.</summary>
    public PodScript Always { get; set; } = PodScripts.Cutout();

    /// <summary>Answers of the next runs, one each.</summary>
    public ConcurrentQueue<PodScript> Next { get; } = [];

    /// <summary>All runs so far.</summary>
    public ConcurrentQueue<PodRequest> Requests { get; } = [];
    public int InFlight => Volatile.Read(ref _inFlight);
    public bool Ready { get; set; } = true;

    /// <summary>Probes are answered once this has completed: before that the pod is as silent as a hung process.</summary>
    public Task ProbesAnswered { get; set; } = Task.CompletedTask;

    /// <summary>Probes so far.</summary>
    public int Probes => Volatile.Read(ref _probes);

    public ModelList Models { get; set; } = new("test-1", "model-a",
    [
        new("model-a", new string('a', 64), 64, 64, "MIT", "cpu", [1, 32], "1-model-a", MaskVersion: "1-model-a"),
        new("model-b", new string('b', 64), 32, 32, "MIT", "cpu", [1], "1-model-b", MaskVersion: "1-model-b"),
    ]);

    /// <summary>As a new deployment: its models have another version, and its answers say so.</summary>
    public void Roll(string version)
    {
        Models = Models with { Models = [.. Models.Models.Select(model => model with { Version = $"{version}-{model.Name}", MaskVersion = $"{version}-{model.Name}" })] };
        Always = PodScripts.Cutout(version: version);
    }

    /// <summary>Answers <c>GET /v1/models</c> in place of <see cref="Models"/>.</summary>
    public RequestDelegate? ModelsAnswer { get; set; }

    public static async Task<FakePod> StartAsync(int port = 0)
    {
        var pod = new FakePod(port);
        await pod.LaunchAsync();
        return pod;
    }

    /// <summary>As kill -9: every connection breaks and the port is closed.</summary>
    public async Task KillAsync()
    {
        if (_app is not { } app) return;
        _app = null;
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    /// <summary>On the same port.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await LaunchAsync();
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task LaunchAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.UseServiceConnections();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null).UseUrls($"http://127.0.0.1:{Port}");
        _app = builder.Build();
        _app.MapPost("/v1/infer", InferAsync);
        _app.MapGet("/v1/models", context => ModelsAnswer?.Invoke(context) ?? context.Response.WriteAsJsonAsync(Models, ModelJson.Default.ModelList));
        _app.MapGet("/readyz", async (CancellationToken aborted) =>
        {
            Interlocked.Increment(ref _probes);
            await ProbesAnswered.WaitAsync(aborted);
            return Ready ? Results.Ok() : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        });
        await _app.StartAsync();
        Port = new Uri(_app.Urls.Single()).Port;
    }

    private async Task InferAsync(HttpContext context)
    {
        using var body = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var (bytes, maskBytes) = (body.ToArray(), int.Parse(context.Request.Headers[PodHeaders.MaskBytes].FirstOrDefault("0")!, CultureInfo.InvariantCulture));
        var (image, behind) = (bytes[..^maskBytes], BackgroundImage.Parse(context.Request.Query[BackgroundImage.Name].ToString())?.Bytes ?? 0);
        var request = new PodRequest(context.Request.QueryString.Value ?? "", new HeaderDictionary(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase)), image[..^behind], bytes[^maskBytes..]) { Background = image[^behind..] };
        Requests.Enqueue(request);
        Interlocked.Increment(ref _inFlight);
        try
        {
            await (Next.TryDequeue(out var script) ? script : Always)(context, request);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
