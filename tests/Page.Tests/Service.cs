using Rembg.Testing;

namespace Rembg.Page.Tests;

/// <summary>A platform of real processes with a tiny model, and further gateways over its pod.</summary>
public sealed class Service : IAsyncLifetime
{
    private Testing.Platform _platform = null!;

    public Uri Address => _platform.Gateways[0].Address;
    public HttpClient Http => _platform.Http;

    public async Task InitializeAsync() => _platform = await Testing.Platform.StartAsync();

    /// <summary>A gateway with settings of its own, <c>Section:Key=value</c>.</summary>
    public Task<ServiceProcess> StartGatewayAsync(params string[] settings) => StartGatewayAsync(_platform.Pods[0].Address, _platform.Pods[0].ManagementAddress, settings);

    public static async Task<ServiceProcess> StartGatewayAsync(Uri pod, Uri podManagement, params string[] settings)
    {
        var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
            [$"--Pods:Addresses:0={pod}", $"--Pods:ManagementAddresses:0={podManagement}", .. settings.Select(setting => "--" + setting)]);
        await gateway.ReadyAsync();
        return gateway;
    }

    /// <summary>How often the pod's model has run.</summary>
    public async Task<string> ModelRunsAsync()
    {
        using var management = new HttpClient { BaseAddress = _platform.Pods[0].ManagementAddress };
        return (await management.GetStringAsync("/metrics")).Split('\n').Single(line => line.StartsWith("rembg_inference_batch_size_count{", StringComparison.Ordinal));
    }

    /// <summary>What the API answers for a photo.</summary>
    public async Task<byte[]> CutAsync(byte[] photo, string query = "format=png")
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(photo), "file", "photo" } };
        using var answer = await Http.PostAsync($"/v1/remove-background?{query}", form);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsByteArrayAsync();
    }

    public Task DisposeAsync() => _platform.DisposeAsync().AsTask();
}
