using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Prometheus;

namespace Rembg.Contract.Telemetry;

/// <summary>
/// Metrics: every meter of this host is shown by prometheus-net at <c>/metrics</c> (<see cref="MeterBridge"/>). Traces: OpenTelemetry, sent over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
/// </summary>
public static class TelemetryServices
{
    /// <summary>Activity sources of this platform start so.</summary>
    public const string SourcePrefix = "Rembg.";

    public static void AddTelemetry(this WebApplicationBuilder builder, string serviceName)
    {
        builder.Services.AddSingleton(Metrics.NewCustomRegistry());
        builder.Services.AddSingleton<MeterBridge>();

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(serviceName))
            .WithTracing(tracing =>
            {
                tracing.AddSource(SourcePrefix + "*").AddAspNetCoreInstrumentation().AddHttpClientInstrumentation();
                if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 }) tracing.AddOtlpExporter();
            });
    }
}
