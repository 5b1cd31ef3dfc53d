using NetVips;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Faults;

/// <summary>Pods that are well behind a network that is not. The pictures and their cutouts are longer than what is let through.</summary>
[Collection(OneFaultAtATime.Name)]
public sealed class NetworkFaultTests(FaultTable table, ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly byte[] Noise = MakeNoise();
    private Testing.Platform _pods = null!;

    public async Task InitializeAsync() => _pods = await FaultyPlatform.StartAsync(pods: 2);

    public async Task DisposeAsync() => await _pods.DisposeAsync();

    [Fact]
    public async Task ConnectionsCutInTheUploadOrTheAnswer_FailNobody()
    {
        await using var bad = new FaultyProxy(_pods.Pods[0].Port);
        await using var good = new FaultyProxy(_pods.Pods[1].Port);
        await using var gateway = await StartGatewayAsync(bad, good);
        await using var load = await SteadyLoad.StartAsync([gateway], Picture);

        load.FaultBegins();
        bad.CutsUploadsAfter = 20_000;
        await Eventually.TrueAsync(() => bad.Cuts >= 5, "uploads are cut");
        var uploads = bad.Cuts;
        (bad.CutsUploadsAfter, bad.CutsAnswersAfter) = (null, 5_000);
        await Eventually.TrueAsync(() => bad.Cuts >= uploads + 5, "answers are cut");
        (bad.CutsUploadsAfter, bad.CutsAnswersAfter) = (null, null);
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("network: connections to one of two pods cut in the upload, then in the answer", report, output);
        report.Failures.ShouldBeEmpty();
        report.TasksLost.ShouldBe(0);
    }

    [Fact]
    public async Task ConnectionsCutToAllPods_FailNobody()
    {
        await using var one = new FaultyProxy(_pods.Pods[0].Port);
        await using var other = new FaultyProxy(_pods.Pods[1].Port);
        await using var gateway = await StartGatewayAsync(one, other);
        await using var load = await SteadyLoad.StartAsync([gateway], Picture);

        load.FaultBegins();
        one.CutsAnswersAfter = other.CutsAnswersAfter = 5_000;
        await Eventually.TrueAsync(() => one.Cuts + other.Cuts >= 20, "answers are cut");
        one.CutsAnswersAfter = other.CutsAnswersAfter = null;
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("network: connections to all pods cut in the answer", report, output);
        report.Failures.ShouldBeEmpty();
        report.TasksLost.ShouldBe(0);
    }

    [Fact]
    public async Task SlowNetworkToOnePod_FailsNobody()
    {
        await using var slow = new FaultyProxy(_pods.Pods[0].Port);
        await using var good = new FaultyProxy(_pods.Pods[1].Port);
        await using var gateway = await StartGatewayAsync(slow, good);
        await using var load = await SteadyLoad.StartAsync([gateway], Picture);

        load.FaultBegins();
        slow.Delay = TimeSpan.FromMilliseconds(50); // of 4 KiB
        await load.GoesOnAsync(requests: 120);
        slow.Delay = TimeSpan.Zero;
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("network: 80 KiB/s to one of two pods, for 3 s", report, output);
        report.Failures.ShouldBeEmpty();
        report.TasksLost.ShouldBe(0);
    }

    private async Task<ServiceProcess> StartGatewayAsync(params FaultyProxy[] networks)
    {
        var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            .. networks.SelectMany((network, i) => new[] { $"--Pods:Addresses:{i}={network.Address}", $"--Pods:ManagementAddresses:{i}=http://127.0.0.1:{_pods.Pods[i].ManagementPort}" }),
            .. FaultyPlatform.GatewayArguments, "--Pods:EjectionTime=00:00:01",
        ]);
        await gateway.ReadyAsync();
        return gateway;
    }

    private static byte[] Picture(int number) => [.. Noise, .. new byte[50_000], .. BitConverter.GetBytes(number)];

    /// <summary>96 x 96 pixels that no PNG makes much smaller.</summary>
    private static byte[] MakeNoise()
    {
        using var noise = Image.Gaussnoise(96, 96, mean: 200, sigma: 30);
        using var colours = noise.Bandjoin(noise, noise);
        using var bytes = colours.Cast(Enums.BandFormat.Uchar);
        return bytes.PngsaveBuffer();
    }
}
