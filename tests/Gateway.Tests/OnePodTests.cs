using Rembg.Testing;

namespace Rembg.Gateway.Tests;

/// <summary>Tests of a gateway before one pod, both new for each test.</summary>
/// <param name="settings"><c>Section:Key=value</c>.</param>
public abstract class OnePodTests(params string[] settings) : IAsyncLifetime
{
    protected FakePod Pod { get; private set; } = null!;
    protected GatewayApp Gateway { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Pod = await FakePod.StartAsync();
        Gateway = await GatewayApp.StartAsync([Pod], settings);
    }

    public virtual async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Pod.DisposeAsync();
    }
}
