using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Rembg.Cli.Cutout;

/// <summary>
/// An inference pod inside this process, for who has no server: the same code, so the same bytes. It listens on a free port that only
/// this machine can reach, which costs well under a thousandth of a model run.
/// </summary>
internal sealed class LocalPod : IAsyncDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(20);

    private readonly WebApplication _app;

    private LocalPod(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First() + "/");

    /// <param name="directory">Of prepared models.</param>
    /// <param name="model">The one to load; null for the default.</param>
    /// <exception cref="UsageException">It cannot be loaded; the log, on standard error, says why.</exception>
    public static async Task<LocalPod> StartAsync(string directory, string? model, CancellationToken cancellation)
    {
        string[] settings =
        [
            "--Service:Address=127.0.0.1", "--Service:Port=0", "--Service:ManagementPort=0", $"--Models:Directory={directory}",
            "--Batching:MaxBatchSize=1", // a CPU gains nothing from batches, and measuring them takes seconds
            .. model is null ? [] : new[] { $"--Models:Names={model}" },
        ];
        var pod = new LocalPod(Inference.Program.Build(settings, OnlyFailures));
        try
        {
            await pod._app.StartAsync(cancellation);
            await pod.ReadyAsync(cancellation);
            return pod;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            await pod.DisposeAsync();
            throw new UsageException("The model could not be loaded: rembg-platform models fetch gets one.");
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(); // what is disposed while it runs complains
        await _app.DisposeAsync();
    }

    /// <exception cref="OperationCanceledException">The pod has given up: before, or after, it was through with starting.</exception>
    private async Task ReadyAsync(CancellationToken cancellation)
    {
        var health = _app.Services.GetRequiredService<HealthCheckService>();
        while ((await health.CheckHealthAsync(cancellation)).Status != HealthStatus.Healthy)
        {
            _app.Lifetime.ApplicationStopping.ThrowIfCancellationRequested();
            await Task.Delay(PollEvery, TimeProvider.System, cancellation);
        }
    }

    private static void OnlyFailures(WebApplicationBuilder builder) =>
        builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).AddFilter(level => level >= LogLevel.Critical);
}
