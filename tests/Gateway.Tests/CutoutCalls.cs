using Microsoft.Extensions.DependencyInjection;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Pods;
using Rembg.Testing;

namespace Rembg.Gateway.Tests;

/// <summary>Short words for the call that most stories are about.</summary>
internal static class CutoutCalls
{
    /// <summary>Posts picture number <paramref name="seed"/>.</summary>
    public static async Task<HttpResponseMessage> CutAsync(
        this GatewayApp gateway, int seed = 1, (string Name, string Value)? headers = null, string query = "", CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/remove-background" + query) { Content = Images.Raw(seed) };
        if (headers is { } header) request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        return await gateway.Client.SendAsync(request, cancellationToken);
    }

    public static string Cache(this HttpResponseMessage response) => response.Headers.GetValues("X-Cache").Single();

    /// <summary>Waits until so many callers share the runs in flight.</summary>
    public static Task HasCallersAsync(this GatewayApp gateway, int count) =>
        Eventually.TrueAsync(() => gateway.Services.GetRequiredService<RequestCoalescer<Cutout>>().Callers == count, $"{count} callers wait");

    /// <summary>Waits until <c>/metrics</c> has this line.</summary>
    public static Task MetricIsAsync(this GatewayApp gateway, string line) =>
        Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Split('\n').Contains(line), $"the metric is {line}");

    public static Task<string> MetricsAsync(this GatewayApp gateway) => gateway.Management.GetStringAsync("/metrics");
}
