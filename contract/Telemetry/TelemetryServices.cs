using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Prometheus;

namespace Rembg.Contract.Telemetry;

/// <summary>
/// Metrics: every meter made by this host's <see cref="IMeterFactory"/> is shown by prometheus-net at <c>/metrics</c>,
/// as METER_INSTRUMENT. Traces: OpenTelemetry, sent over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
/// </summary>
public static class TelemetryServices
{
    /// <summary>Activity sources of this platform start so.</summary>
    public const string SourcePrefix = "Rembg.";

    public static void AddTelemetry(this WebApplicationBuilder builder, string serviceName)
    {
        builder.Services.AddSingleton(Metrics.NewCustomRegistry());
        builder.Services.AddHostedService<MeterScrape>();

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(serviceName))
            .WithTracing(tracing =>
            {
                tracing.AddSource(SourcePrefix + "*").AddAspNetCoreInstrumentation().AddHttpClientInstrumentation();
                if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 }) tracing.AddOtlpExporter();
            });
    }

    private sealed class MeterScrape(IMeterFactory meters, CollectorRegistry registry) : IHostedService
    {
        private IDisposable? _listening;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _listening = MeterAdapter.StartListening(new MeterAdapterOptions
            {
                Registry = registry,
                MetricFactory = Metrics.WithCustomRegistry(registry),
                // Hosts that share a process (tests) must not see each other's figures.
                InstrumentFilterPredicate = instrument => ReferenceEquals(instrument.Meter.Scope, meters) && IsShown(instrument.Meter.Name),
                ResolveHistogramBuckets = instrument => Buckets.For(instrument.Name),
            });
            return Task.CompletedTask;
        }

        private static bool IsShown(string meter) =>
            meter.StartsWith("rembg.", StringComparison.Ordinal) || meter is "Microsoft.AspNetCore.Hosting" or "Microsoft.AspNetCore.Server.Kestrel";

        public Task StopAsync(CancellationToken cancellationToken)
        {
            _listening?.Dispose();
            return Task.CompletedTask;
        }
    }
}
