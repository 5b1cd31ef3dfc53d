using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Pods;
using Rembg.Testing;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Rembg.Gateway.Tests.Pods;

public class PodResolverTests
{
    private readonly FakeTimeProvider _time = new();
    private Func<IPAddress[]> _answer = () => [];

    [Fact]
    public async Task EveryAddressOfAName_IsAPod()
    {
        _answer = () => [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("fd00::1")];
        var pods = (await Resolve("http://pods:7100")).Destinations;
        pods.Values.Select(pod => (pod.Address, pod.Health)).ShouldBe([
            ("http://10.0.0.1:7100/", "http://10.0.0.1:7180/"),
            ("http://[fd00::1]:7100/", "http://[fd00::1]:7180/"),
        ]);
    }

    [Theory]
    [InlineData("http://10.1.2.3:7100")]
    [InlineData("http://localhost:7100")]
    public async Task Address_IsTakenAsItIs(string address)
    {
        var resolved = await Resolve(address);
        resolved.Destinations.Values.Single().Address.ShouldBe(address);
        resolved.ChangeToken.ShouldBeNull();
    }

    [Fact]
    public async Task NameThatIsNotThereYet_IsNoPodAndNoError()
    {
        _answer = () => throw new SocketException((int)SocketError.HostNotFound);
        (await Resolve("http://pods:7100")).Destinations.ShouldBeEmpty();
    }

    [Fact]
    public async Task FailingOrEmptyName_KeepsWhatWasKnown()
    {
        var resolver = Resolver();
        _answer = () => [IPAddress.Parse("10.0.0.1")];
        await Resolve("http://pods:7100", resolver);

        _answer = () => throw new SocketException((int)SocketError.TryAgain);
        (await Resolve("http://pods:7100", resolver)).Destinations.Count.ShouldBe(1);
        _answer = () => [];
        (await Resolve("http://pods:7100", resolver)).Destinations.Count.ShouldBe(1);
        _answer = () => [IPAddress.Parse("10.0.0.2")];
        (await Resolve("http://pods:7100", resolver)).Destinations.Values.Single().Address.ShouldBe("http://10.0.0.2:7100/");
    }

    [Fact]
    public async Task Names_AreLookedUpAgainSoonEvenAfterAFailure()
    {
        _answer = () => throw new SocketException((int)SocketError.HostNotFound);
        var token = (await Resolve("http://pods:7100")).ChangeToken!;
        token.HasChanged.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(2));
        token.HasChanged.ShouldBeTrue();
    }

    [Fact]
    public async Task NewPodOfAService_TakesPartWithoutARestart()
    {
        await using var pod = await FakePod.StartAsync();
        LookUp none = (_, _) => throw new SocketException((int)SocketError.HostNotFound);
        var current = none;
        await using var gateway = await GatewayApp.StartUnreadyAsync([], builder =>
                Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<LookUp>(builder.Services, (host, stop) => current(host, stop)),
            "Pods:ResolveEvery=00:00:00.05", $"Pods:Addresses:0=http://pods.test:{pod.Port}", $"Pods:ManagementAddresses:0=http://pods.test:{pod.Port}");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        current = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        await Eventually.TrueAsync(async () => (await gateway.CutAsync()).IsSuccessStatusCode, "the new pod answers");
    }

    private PodResolver Resolver() =>
        new((_, _) => Task.FromResult(_answer()), Options.Create(new PodsOptions()), _time, NullLogger<PodResolver>.Instance);

    private ValueTask<ResolvedDestinationCollection> Resolve(string address, PodResolver? resolver = null) =>
        (resolver ?? Resolver()).ResolveDestinationsAsync(
            new Dictionary<string, DestinationConfig> { ["pods"] = new() { Address = address, Health = address.Replace("7100", "7180", StringComparison.Ordinal) } }, CancellationToken.None);
}
