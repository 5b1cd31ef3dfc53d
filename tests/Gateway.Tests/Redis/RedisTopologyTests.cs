using System.Diagnostics;
using System.Net;
using Rembg.Gateway.Tests.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Redis;

/// <summary>Tasks over Redis as it is really run: failover behind a name, Sentinel, TLS, users, a cluster.</summary>
public sealed class RedisTopologyTests : IAsyncLifetime
{
    private FakePod _pod = null!;

    public async Task InitializeAsync() => _pod = await FakePod.StartAsync();

    public async Task DisposeAsync() => await _pod.DisposeAsync();

    [Fact]
    public async Task NameOfThePrimaryMoves_TheOldOneLivesOnAsAReplica_TasksGoOn()
    {
        await using var first = await RedisServer.StartAsync();
        await using var second = await StartReplicaAsync(first);
        await using var name = new MovingAddress(first.Port);
        await using var gateway = await StartAsync($"127.0.0.1:{name.Port}");
        await SucceedsAsync(gateway, 1);

        name.Target = second.Port;
        await second.CommandAsync("REPLICAOF NO ONE");
        await first.CommandAsync($"REPLICAOF 127.0.0.1 {second.Port}");

        await Eventually.TrueAsync(async () => (await gateway.Client.PostAsync("/v1/tasks", Images.Raw(2))).IsSuccessStatusCode, "tasks are accepted again", TimeSpan.FromSeconds(20));
        await SucceedsAsync(gateway, 3);
    }

    [Fact]
    public async Task SentinelPromotesTheReplica_TasksGoOn()
    {
        await using var first = await RedisServer.StartAsync();
        await using var second = await StartReplicaAsync(first);
        await using var sentinel = await RedisSentinel.StartAsync(first);
        await using var gateway = await StartAsync($"127.0.0.1:{sentinel.Port},serviceName={RedisSentinel.ServiceName}");
        await SucceedsAsync(gateway, 1);

        await first.KillAsync();

        await Eventually.TrueAsync(async () => (await gateway.Client.PostAsync("/v1/tasks", Images.Raw(2))).IsSuccessStatusCode, "tasks are accepted again", TimeSpan.FromSeconds(60));
        await SucceedsAsync(gateway, 3);
        (await second.CommandAsync("ROLE")).ShouldBe("*3"); // a primary's; a replica says five
    }

    [Fact]
    public async Task SentinelThatIsNotThereYet_TheGatewayStartsAndTasksAre503UntilItComes()
    {
        await using var primary = await RedisServer.StartAsync();
        await using var replica = await StartReplicaAsync(primary);
        await using var name = new MovingAddress(RedisServer.FreePort());
        await using var gateway = await StartAsync($"127.0.0.1:{name.Port},serviceName={RedisSentinel.ServiceName}");
        using (var refused = await gateway.Client.PostAsync("/v1/tasks", Images.Raw(1))) refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await using var sentinel = await RedisSentinel.StartAsync(primary);
        name.Target = sentinel.Port;

        await Eventually.TrueAsync(async () => (await gateway.Client.PostAsync("/v1/tasks", Images.Raw(2))).IsSuccessStatusCode, "tasks are accepted", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Cluster_TasksSucceed()
    {
        await using var redis = await RedisServer.StartAsync(false, "--cluster-enabled", "yes", "--cluster-port", $"{RedisServer.FreePort()}");
        (await redis.CommandAsync("CLUSTER ADDSLOTSRANGE 0 16383")).ShouldBe("+OK");
        await Eventually.TrueAsync(async () => (await redis.CommandAsync("SET ready 1")) == "+OK", "the cluster is up");
        await using var gateway = await StartAsync(redis.ConnectionString);

        await SucceedsAsync(gateway, 1);
    }

    [Theory]
    [InlineData("127.0.0.1:{0},user=gateway,password=secret")]
    [InlineData("redis://gateway:secret@127.0.0.1:{0}")]
    [InlineData("redis://gateway:secret@127.0.0.1:{0}/0")]
    public async Task UserAndPassword_TasksSucceed(string connection)
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.CommandAsync("ACL SETUSER gateway on >secret ~rembg:* &* +@all -@dangerous");
        await redis.CommandAsync("ACL SETUSER default off");
        await using var gateway = await StartAsync(string.Format(null, connection, redis.Port));

        await SucceedsAsync(gateway, 1);
    }

    [Theory]
    [InlineData("127.0.0.1:{0},ssl=true,password=secret")]
    [InlineData("rediss://:secret@127.0.0.1:{0}")]
    public async Task Tls_TasksSucceed(string connection)
    {
        var folder = Directory.CreateTempSubdirectory("rembg-tls-");
        var authority = await CertificateAsync(folder.FullName);
        var port = RedisServer.FreePort();
        await using (var redis = await RedisServer.StartAsync(false, "--tls-port", $"{port}", "--tls-cert-file", $"{folder}/redis.crt", "--tls-key-file", $"{folder}/redis.key",
            "--tls-ca-cert-file", authority, "--tls-auth-clients", "no", "--requirepass", "secret"))
        {
            await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
                [$"--Pods:Addresses:0={_pod.Address}", $"--Pods:ManagementAddresses:0={_pod.Address}", "--Tasks:PollEvery=00:00:00.1", $"--ConnectionStrings:Redis={string.Format(null, connection, port)}"],
                environment: new Dictionary<string, string> { ["SSL_CERT_FILE"] = authority });
            await gateway.ReadyAsync();
            using var client = new HttpClient { BaseAddress = gateway.Address };

            (await client.EndOfAsync(await client.PostTaskAsync())).Status.ShouldBe("succeeded");
            gateway.Log.ShouldNotContain("Redis failed and is not asked");
        }
        folder.Delete(recursive: true);
    }

    private Task<GatewayApp> StartAsync(string connection) => GatewayApp.StartAsync([_pod], $"ConnectionStrings:Redis={connection}", "Tasks:PollEvery=00:00:00.1");

    private static async Task SucceedsAsync(GatewayApp gateway, int seed)
    {
        var id = await gateway.Client.PostTaskAsync(seed);
        (await gateway.Client.EndOfAsync(id)).Status.ShouldBe("succeeded");
        (await gateway.Client.GetAsync($"/v1/tasks/{id}/result")).IsSuccessStatusCode.ShouldBeTrue();
    }

    private static async Task<RedisServer> StartReplicaAsync(RedisServer primary)
    {
        var replica = await RedisServer.StartAsync(false, "--replicaof", $"127.0.0.1 {primary.Port}");
        await primary.CommandAsync("CONFIG SET repl-diskless-sync-delay 0");
        await Eventually.TrueAsync(async () => await primary.CommandAsync("WAIT 1 100") == ":1", "the replica has all", TimeSpan.FromSeconds(30));
        return replica;
    }

    /// <summary>An authority of our own and a certificate for 127.0.0.1.</summary>
    private static async Task<string> CertificateAsync(string folder)
    {
        await OpenSslAsync("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=authority", "-keyout", $"{folder}/ca.key", "-out", $"{folder}/ca.crt");
        await OpenSslAsync("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-addext", "basicConstraints=critical,CA:FALSE", "-CA", $"{folder}/ca.crt", "-CAkey", $"{folder}/ca.key", "-keyout", $"{folder}/redis.key", "-out", $"{folder}/redis.crt");
        return $"{folder}/ca.crt";
    }

    private static async Task OpenSslAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, said);
    }
}
