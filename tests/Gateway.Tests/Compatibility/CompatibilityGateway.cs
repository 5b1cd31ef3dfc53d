using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

/// <summary>A gateway over one pod for all stories of a class. Each begins with <see cref="NewPhoto"/>, which no cache knows.</summary>
public sealed class CompatibilityGateway : IAsyncLifetime
{
    private int _seed = 1000;

    public FakePod Pod { get; private set; } = null!;
    public GatewayApp App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Pod = await FakePod.StartAsync();
        App = await GatewayApp.StartAsync([Pod], "Uploads:MaxBytes=20000", "Pods:FullFor=00:00:00", "Fetching:Enabled=false");
    }

    /// <summary>Also makes the pod forget what earlier stories asked of it and told it.</summary>
    public byte[] NewPhoto()
    {
        Pod.Requests.Clear();
        Pod.Next.Clear();
        Pod.Always = PodScripts.Cutout();
        return Images.Jpeg(seed: ++_seed);
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await Pod.DisposeAsync();
    }
}
