using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Prometheus;
using Rembg.Contract.Telemetry;

namespace Rembg.Contract.Hosting;

/// <summary>How both services listen (service port, management port), say whether they are ready, and stop.</summary>
public static class ServiceHost
{
    /// <param name="builder">The service.</param>
    /// <param name="service">Adds connection middleware to the service port.</param>
    public static void AddServiceHost(this WebApplicationBuilder builder, Action<ListenOptions>? service = null)
    {
        builder.AddOptions<ServiceOptions>(ServiceOptions.Section);
        var options = builder.ReadOptions<ServiceOptions>(ServiceOptions.Section);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ApplicationServices.GetService<MeterBridge>(); // before anything is counted, and the server's parts count
            kestrel.AddServerHeader = false;
            Listen(kestrel, options.Address, options.Port, service ?? (_ => { }));
            Listen(kestrel, options.Address, options.ManagementPort, listen => listen.Use(MarkAsManagement));
        });
        builder.UseServiceConnections();

        // The framework's own request lines would show whole URLs; ours say what matters and no query.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // What keeps a service from starting is said once, by RunAsync.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // Probes ask every second; /readyz itself says what is missing.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.DrainSeconds));
        builder.Services.AddHealthChecks().AddCheck<DrainCheck>("drain");
        builder.Services.AddHostedService<NativeHeapTrimmer>();
    }

    /// <summary>How connections are read, tuned for bodies of a photograph's size.</summary>
    public static void UseServiceConnections(this WebApplicationBuilder builder)
    {
        // Linux reports what sockets are ready for on the thread pool already, and hands the next one on before it runs us. Another
        // hop for each read costs more than the read. What computes or blocks, a pod's decoding and writing, holds up its own connection only.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, NetworkBlocks.Factory>();
    }

    /// <summary>Builds a service and runs it until it is told to stop. What its operator has to mend ends it with a line, not a stack trace.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        NativeHeap.Bound(); // before there are threads
        try
        {
            await using var app = build();
            try
            {
                await app.StartAsync();
                await app.WaitForShutdownAsync();
            }
            catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Told to stop, or a part gave up and said why, before the host was through with starting.
            }
            return HasFailed(app) ? 1 : Environment.ExitCode;
        }
        catch (OptionsValidationException wrong)
        {
            await WriteAsync(wrong);
        }
        catch (AggregateException several) when (several.InnerExceptions.All(inner => inner is OptionsValidationException))
        {
            foreach (var wrong in several.InnerExceptions.Cast<OptionsValidationException>()) await WriteAsync(wrong);
        }
        catch (IOException cannotListen) when (cannotListen.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync(cannotListen.Message);
        }
        return 1;
    }

    private static async Task WriteAsync(OptionsValidationException wrong)
    {
        foreach (var failure in wrong.Failures) await Console.Error.WriteLineAsync($"Configuration: {failure}");
    }

    /// <summary>Whether a background service ended by an exception. The host logs it and stops, but would report success.</summary>
    private static bool HasFailed(WebApplication app) =>
        app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true });

    /// <summary>
    /// Requests that came in by the management port see health and metrics, and nothing else; the service port
    /// shows neither. Told by the connection, not by the Host header, which a client chooses.
    /// </summary>
    public static void UseManagement(this WebApplication app)
    {
        app.MapWhen(context => context.Features.Get<ManagementConnection>() is not null, management =>
        {
            management.UseRouting();
            management.UseEndpoints(endpoints =>
            {
                endpoints.MapHealthChecks("/livez", new HealthCheckOptions { Predicate = _ => false });
                endpoints.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = WriteReasons });
                endpoints.MapMetrics("/metrics", endpoints.ServiceProvider.GetRequiredService<CollectorRegistry>());
            });
        });
    }

    private static void Listen(KestrelServerOptions kestrel, string address, int port, Action<ListenOptions> configure)
    {
        if (address == "*") kestrel.ListenAnyIP(port, configure);
        else kestrel.Listen(IPAddress.Parse(address), port, configure);
    }

    private static ConnectionDelegate MarkAsManagement(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(new ManagementConnection());
        return next(connection);
    };

    private static Task WriteReasons(HttpContext context, HealthReport report) =>
        context.Response.WriteAsync(string.Join('\n', report.Entries.Select(e => $"{e.Key}: {e.Value.Status} {e.Value.Description}".TrimEnd())));

    private sealed class ManagementConnection;

    private sealed class DrainCheck(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy("stopping")
                : HealthCheckResult.Healthy());
    }
}
