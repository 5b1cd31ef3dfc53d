using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Gateway.Fetching;
using Rembg.Gateway.Memory;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Fetching;

/// <summary>
/// A gateway that takes one address of this machine, 127.0.0.2, for public, and the rest of it for what it is. Behind the same port of
/// 127.0.0.1 and ::1 lie traps. Names are looked up in <see cref="Names"/>.
/// </summary>
public sealed class FetchingGateway : IAsyncLifetime
{
    public const int MaxBytes = 100_000;

    internal FakePod Pod { get; private set; } = null!;
    internal GatewayApp App { get; private set; } = null!;
    internal OriginServer Origin { get; private set; } = null!;
    internal OriginServer[] Traps { get; private set; } = [];

    /// <summary>Addresses of each name, asked anew at each look-up.</summary>
    internal Dictionary<string, Func<string[]>> Names { get; } = new(StringComparer.OrdinalIgnoreCase)
    {
        ["public.example"] = () => ["127.0.0.2"],
        ["xn--bcher-kva.example"] = () => ["127.0.0.2"],
        ["localhost"] = () => ["127.0.0.1", "::1"],
    };

    public string Host => $"public.example:{Origin.Port}";

    public async Task InitializeAsync()
    {
        Pod = await FakePod.StartAsync();
        while (!await TakePortAsync()) await Origin.DisposeAsync();
        foreach (var trap in Traps) trap.Serve("/secret.jpg", Images.Jpeg());
        App = await StartAsync();
    }

    /// <summary>A port that the system gives for one address may be taken on another.</summary>
    private async Task<bool> TakePortAsync()
    {
        Origin = await OriginServer.StartAsync("127.0.0.2");
        try
        {
            Traps = [await OriginServer.StartAsync("127.0.0.1", Origin.Port)];
            Traps = [.. Traps, await OriginServer.StartAsync("::1", Origin.Port)];
            return true;
        }
        catch (IOException)
        {
            foreach (var trap in Traps) await trap.DisposeAsync();
            Traps = [];
            return false;
        }
    }

    /// <summary>Another gateway over the same hosts.</summary>
    internal Task<GatewayApp> StartAsync(params string[] settings) => GatewayApp.StartAsync([Pod],
        builder => builder.Services.AddSingleton<ResolveHost>((host, _) => Task.FromResult(Resolve(host))),
        ["Fetching:AllowedNetworks:0=127.0.0.2/32", $"Fetching:AllowedPorts:0={Origin.Port}", $"Uploads:MaxBytes={MaxBytes}", .. settings]);

    public async Task DisposeAsync()
    {
        App.Services.GetRequiredService<MemoryBudget>().BytesInUse.ShouldBe(0, "what a request held is given back");
        await App.DisposeAsync();
        await Origin.DisposeAsync();
        foreach (var trap in Traps) await trap.DisposeAsync();
        await Pod.DisposeAsync();
    }

    private IPAddress[] Resolve(string host) => Names.TryGetValue(host.TrimEnd('.'), out var addresses)
        ? [.. addresses().Select(IPAddress.Parse)]
        : throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound);
}

internal static class FetchCalls
{
    public static Task<HttpResponseMessage> CutUrlAsync(this GatewayApp gateway, string url, string path = "/v1/remove-background") =>
        gateway.Client.PostAsync($"{path}?image_url={Uri.EscapeDataString(url)}", null);

    /// <summary>Status, code and detail of a problem.</summary>
    public static async Task<(int Status, string Code, string Detail)> ReadProblemAsync(this HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeFalse(text);
        var problem = JsonElement.Parse(text);
        return ((int)answer.StatusCode, problem.GetProperty("code").GetString()!, problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : "");
    }
}
