using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Http;

/// <summary>Clients that open connections to keep others from theirs.</summary>
public sealed class ConnectionLimitIntegrationTests : IAsyncLifetime
{
    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.2"), Other = IPAddress.Parse("127.0.0.3"), Innocent = IPAddress.Parse("127.0.0.4");

    private readonly List<RawClient> _open = [];
    private FakePod _pod = null!;

    public async Task InitializeAsync() => _pod = await FakePod.StartAsync();

    public async Task DisposeAsync()
    {
        foreach (var client in _open) client.Dispose();
        await _pod.DisposeAsync();
    }

    [Fact]
    public async Task MoreThanOneAddressMayHold_AreRefused_OthersAreServed()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Edge:MaxConnectionsPerAddress=20");
        await OpenAsync(gateway, Attacker, 20);

        var late = await OpenAsync(gateway, Attacker, 1);

        (await late[0].ReadToEndAsync()).ShouldBeEmpty("it was closed at once, long before the time for headers");
        (await AskAsync(gateway, Innocent)).ShouldStartWith("HTTP/1.1 200 OK");
        (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_connections_refused_total{reason=\"address\"} 1");
    }

    [Fact]
    public async Task ClosedConnections_GiveTheirPlacesBack()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Edge:MaxConnectionsPerAddress=5");
        for (var i = 0; i < 3; i++)
        {
            await OpenAsync(gateway, Attacker, 5);
            foreach (var client in _open) client.Dispose();
            await Eventually.TrueAsync(async () => (await AskAsync(gateway, Attacker)).StartsWith("HTTP/1.1 200 OK", StringComparison.Ordinal), "there are places again");
        }
    }

    [Fact]
    public async Task AllPlacesHeldByIdleConnections_NewcomersOfOtherAddressesTakeThem()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Edge:MaxConnections=30", "Edge:MaxConnectionsPerAddress=30", "Edge:HeadersTimeout=00:10:00");
        await OpenAsync(gateway, Attacker, 40);

        foreach (var _ in Enumerable.Range(0, 10)) (await AskAsync(gateway, Innocent)).ShouldStartWith("HTTP/1.1 200 OK");
        await OpenAsync(gateway, Other, 10);

        (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_connections_refused_total{reason=\"idle\"}");
    }

    [Fact]
    public async Task AllPlacesHeldByRequestsUnderWay_NoneOfThemIsCutForANewcomer()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _pod.Always = async (context, request) =>
        {
            await answer.Task;
            await PodScripts.Cutout()(context, request);
        };
        await using var gateway = await GatewayApp.StartAsync([_pod], "Edge:MaxConnections=4");
        var busy = await OpenAsync(gateway, Attacker, 4);
        for (var i = 0; i < busy.Count; i++)
            await busy[i].SendAsync("POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n", Images.Jpeg(100, i));
        await Eventually.TrueAsync(() => _pod.InFlight == 4, "all are under way");

        (await AskAsync(gateway, Innocent)).ShouldBeEmpty("there is no place");

        answer.SetResult();
        foreach (var client in busy) System.Text.Encoding.ASCII.GetString(await client.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task SilentConnection_IsClosedAfterTheTimeForHeaders()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Edge:HeadersTimeout=00:00:01");

        var silent = await OpenAsync(gateway, Attacker, 10);

        foreach (var client in silent) (await client.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeEmpty();
    }

    [Fact]
    public async Task TrustedProxy_MayHoldAsManyAsThereAre()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Edge:MaxConnectionsPerAddress=2", "Edge:TrustedProxies:0=127.0.0.2");
        await OpenAsync(gateway, Attacker, 20);

        (await AskAsync(gateway, Attacker)).ShouldStartWith("HTTP/1.1 200 OK");
    }

    private static async Task<string> AskAsync(GatewayApp gateway, IPAddress from)
    {
        using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!, from: from);
        try
        {
            await client.SendAsync("GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        }
        catch (System.Net.Sockets.SocketException)
        {
            return ""; // refused
        }
        return System.Text.Encoding.ASCII.GetString(await client.ReadToEndAsync());
    }

    private async Task<List<RawClient>> OpenAsync(GatewayApp gateway, IPAddress from, int count)
    {
        var clients = new List<RawClient>();
        for (var i = 0; i < count; i++) clients.Add(await RawClient.ConnectAsync(gateway.Client.BaseAddress!, from: from));
        _open.AddRange(clients);
        return clients;
    }
}
