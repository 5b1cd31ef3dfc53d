using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Tests.Clients;
using Rembg.Gateway.Tests.Fetching;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks.Webhooks;

/// <summary>Webhooks over HTTP, from a gateway on a real Redis to receivers on 127.0.0.2, which it takes for public.</summary>
[Trait("Category", "Slow")]
public sealed class WebhookIntegrationTests : IAsyncLifetime
{
    private static readonly string Secret = WebhookSecret.Create();

    private readonly FetchingGateway _hosts = new();
    private RedisServer _redis = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(appendOnly: true);
        await _hosts.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _hosts.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData(true, "task.succeeded", "succeeded")]
    [InlineData(false, "task.failed", "failed")]
    public async Task EndOfATask_IsToldOnceAndSigned(bool succeeds, string type, string status)
    {
        if (!succeeds) _hosts.Pod.Always = PodScripts.Refuses(Problem.Truncated());
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", _ => 204);
        await using var gateway = await StartAsync();
        var id = await PostAsync(gateway, "/hook");

        await Eventually.TrueAsync(() => receiver.Received.Count > 0, "it is delivered");
        await Eventually.TrueAsync(async () => (await _redis.CommandAsync("ZCARD rembg:{tasks}:2:deliveries")) == ":0", "it is known to be delivered");

        var message = receiver.Received.Single();
        message.IsSignedWith(Secret).ShouldBeTrue();
        message.Headers.ContentType.ToString().ShouldBe("application/json");
        message.Json.GetProperty("type").GetString().ShouldBe(type);
        var data = message.Json.GetProperty("data");
        data.GetProperty("id").GetString().ShouldBe(id);
        data.GetProperty("status").GetString().ShouldBe(status);
        message.Json.GetProperty("timestamp").GetDateTimeOffset().ShouldBe(data.GetProperty("finishedAt").GetDateTimeOffset());
        if (!succeeds) data.GetProperty("error").GetProperty("code").GetString().ShouldBe("truncated_image");
        else (await gateway.Client.GetAsync(data.GetProperty("links").GetProperty("result").GetString())).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _redis.CommandAsync("HGET rembg:{tasks}:2:usage deliveries")).ShouldBe("$-1");
    }

    [Fact]
    public async Task SecretsWhileOneReplacesTheOther_BothSign()
    {
        var other = WebhookSecret.Create();
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", _ => 200);
        await using var gateway = await StartAsync($"Webhooks:Secrets:1={other}");
        await PostAsync(gateway, "/hook");
        await Eventually.TrueAsync(() => receiver.Received.Count > 0, "it is delivered");

        receiver.Received[0].IsSignedWith(Secret).ShouldBeTrue();
        receiver.Received[0].IsSignedWith(other).ShouldBeTrue();
        receiver.Received[0].IsSignedWith(WebhookSecret.Create()).ShouldBeFalse();
    }

    [Fact]
    public async Task OwnersOfKeys_HaveSecretsOfTheirOwn()
    {
        var (key, secret) = (TestKey.Create("shop-a"), WebhookSecret.Create());
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", _ => 200);
        await using var gateway = await StartAsync([.. TestKey.Settings(key), $"Clients:Keys:0:WebhookSecrets:0={secret}"]);
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", key.Text);
        await PostAsync(gateway, "/hook");
        await Eventually.TrueAsync(() => receiver.Received.Count > 0, "it is delivered");

        receiver.Received[0].IsSignedWith(secret).ShouldBeTrue();
    }

    [Fact]
    public async Task ReceiverThatFails_IsToldAgainWithTheSameIdAndBody()
    {
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", count => count switch { 1 => 500, 2 => 302, _ => 200 });
        await using var gateway = await StartAsync();
        await PostAsync(gateway, "/hook");

        await Eventually.TrueAsync(() => receiver.Received.Count == 3, "it is delivered at the third attempt");

        receiver.Received.Select(message => message.Id).Distinct().Count().ShouldBe(1);
        receiver.Received.Select(message => message.Body).Distinct().Count().ShouldBe(1);
        receiver.Received.ShouldAllBe(message => message.Id.StartsWith("msg_", StringComparison.Ordinal));
        _hosts.Origin.Requests.ShouldNotContain(request => request.Path == "/elsewhere");
    }

    [Fact]
    public async Task Gone_EndsItAndTheOwnerCanListAndReplayIt()
    {
        var (mine, other) = (TestKey.Create("shop-a"), TestKey.Create("shop-b"));
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", count => count == 1 ? 410 : 200);
        await using var gateway = await StartAsync([.. TestKey.Settings(mine, other), $"Clients:Keys:0:WebhookSecrets:0={WebhookSecret.Create()}"]);
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", mine.Text);
        var id = await PostAsync(gateway, "/hook");
        JsonElement[] dead = [];
        await Eventually.TrueAsync(async () => (dead = await DeadAsync()).Length == 1, "it is given up at once");
        dead[0].GetProperty("of").GetString().ShouldBe(id);
        dead[0].GetProperty("reason").GetString().ShouldBe("status_410");
        dead[0].GetProperty("attempts").GetInt32().ShouldBe(1);
        var replay = $"/v1/webhooks/dead/{dead[0].GetProperty("id").GetString()}/replay";

        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", other.Text);
        (await DeadAsync()).ShouldBeEmpty();
        (await gateway.Client.PostAsync(replay, null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", mine.Text);
        (await gateway.Client.PostAsync(replay, null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        await Eventually.TrueAsync(() => receiver.Received.Count == 2, "it is delivered");
        (await DeadAsync()).ShouldBeEmpty();
        receiver.Received[1].Id.ShouldBe(receiver.Received[0].Id);
        (await gateway.Client.PostAsync(replay, null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task<JsonElement[]> DeadAsync() => [.. JsonElement.Parse(await gateway.Client.GetStringAsync("/v1/webhooks/dead")).GetProperty("data").EnumerateArray()];
    }

    [Fact]
    public async Task ReceiverThatIsNotPublic_IsNeverConnectedTo()
    {
        await using var gateway = await StartAsync("Webhooks:MaxAttempts=1");
        await PostAsync(gateway, $"http://localhost:{_hosts.Origin.Port}/secret.jpg", 1);
        await PostAsync(gateway, $"http://127.0.0.1:{_hosts.Origin.Port}/secret.jpg", 2);

        await Eventually.TrueAsync(async () => (await _redis.CommandAsync("ZCARD rembg:{tasks}:2:dead_deliveries")) == ":2", "both are given up");

        _hosts.Traps.Sum(trap => trap.Connections).ShouldBe(0);
    }

    [Fact]
    public async Task ReceiverThatDoesNotAnswer_HoldsNobodyElse()
    {
        var (dead, alive) = (TestKey.Create("shop-a"), TestKey.Create("shop-b"));
        var never = new TaskCompletionSource();
        _hosts.Origin.Answer("/silent", _ => never.Task);
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", _ => 200);
        await using var gateway = await StartAsync([.. TestKey.Settings(dead, alive), "Webhooks:Timeout=00:01:00", "Webhooks:MaxConcurrentPerHost=2",
            $"Clients:Keys:0:WebhookSecrets:0={WebhookSecret.Create()}", $"Clients:Keys:1:WebhookSecrets:0={WebhookSecret.Create()}"]);
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", dead.Text);
        for (var i = 0; i < 10; i++) await PostAsync(gateway, "/silent", i);
        await Eventually.TrueAsync(() => _hosts.Origin.Requests.Any(request => request.Path == "/silent"), "the silent one is asked");

        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", alive.Text);
        await PostAsync(gateway, "/hook", 100);

        await Eventually.TrueAsync(() => receiver.Received.Count == 1, "the other is told meanwhile");
        _hosts.Origin.Requests.Count(request => request.Path == "/silent").ShouldBeLessThanOrEqualTo(2);
        never.SetResult();
    }

    [Fact]
    public async Task Bounds_HoldByClientAndInAll()
    {
        var (mine, other) = (TestKey.Create("shop-a"), TestKey.Create("shop-b"));
        string[] secrets = [$"Clients:Keys:0:WebhookSecrets:0={WebhookSecret.Create()}", $"Clients:Keys:1:WebhookSecrets:0={WebhookSecret.Create()}"];
        await using var gateway = await StartAsync([.. TestKey.Settings(mine, other), .. secrets, "Tasks:MaxDeliveries=3", "Tasks:ClientShare=0.67", "Tasks:MaxRunning=0"]);
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", mine.Text);
        await PostAsync(gateway, "/hook", 1);
        await PostAsync(gateway, "/hook", 2);

        (await StatusAsync("/hook")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusAsync(null)).ShouldBe(HttpStatusCode.Accepted);

        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", other.Text);
        var last = await PostAsync(gateway, "/hook", 4);
        (await StatusAsync("/hook")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        await gateway.Client.DeleteAsync($"/v1/tasks/{last}");
        (await StatusAsync("/hook")).ShouldBe(HttpStatusCode.Accepted);

        async Task<HttpStatusCode> StatusAsync(string? path)
        {
            var query = path is null ? "" : $"?webhook_url={Uri.EscapeDataString($"http://{_hosts.Host}{path}")}";
            using var answer = await gateway.Client.PostAsync("/v1/tasks" + query, Images.Raw(3));
            return answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("ftp://public.example/hook")]
    [InlineData("hook")]
    [InlineData("http://user@public.example/hook")]
    [InlineData("http://public.example/hook&webhook_url=http://public.example/other")]
    public async Task UrlThatMayNotBeAsked_IsRefused(string url)
    {
        await using var gateway = await StartAsync();
        using var answer = await gateway.Client.PostAsync($"/v1/tasks?webhook_url={url}", Images.Raw());
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("Webhooks:AllowHttp=false")]
    [InlineData("Webhooks:Secrets:0=")]
    [InlineData("Fetching:Enabled=false")]
    [InlineData("ConnectionStrings:Redis=")]
    public async Task WhereNoneCanBeSent_ItIsRefused(string setting)
    {
        var settings = setting == "Webhooks:Secrets:0=" ? Settings.Where(other => !other.StartsWith("Webhooks:Secrets", StringComparison.Ordinal)) : [.. Settings, setting];
        await using var gateway = await _hosts.StartAsync([.. settings]);
        using var answer = await gateway.Client.PostAsync($"/v1/tasks?webhook_url=http://{_hosts.Host}/hook", Images.Raw());
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.ReadCodeAsync()).ShouldBe("invalid_parameter");
    }

    [Fact]
    public async Task TaskThatIsDeletedBeforeItsEnd_TellsNobody()
    {
        var open = new TaskCompletionSource();
        _hosts.Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", _ => 200);
        await using var gateway = await StartAsync();
        var deleted = await PostAsync(gateway, "/hook", 1);
        await gateway.Client.DeleteAsync($"/v1/tasks/{deleted}");
        open.SetResult();

        var told = await PostAsync(gateway, "/hook", 2);
        await Eventually.TrueAsync(() => receiver.Received.Count > 0, "the other is told");

        receiver.Received.Select(message => message.Json.GetProperty("data").GetProperty("id").GetString()).ShouldBe([told]);
    }

    [Fact]
    public async Task ReceiverOfTheDocs_TakesWhatIsSent()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "docs", "webhooks.md"));
        var script = page.Split("```python\n")[1].Split("```")[0].Replace("whsec_...", Secret, StringComparison.Ordinal)
            .Replace("http.server.HTTPServer((\"\", 8080), Receiver)", "server = http.server.HTTPServer((\"127.0.0.2\", 0), Receiver); print(server.server_port, flush=True); server", StringComparison.Ordinal);
        using var receiver = Process.Start(new ProcessStartInfo("python3", ["-u", "-c", script]) { RedirectStandardOutput = true })!;
        try
        {
            var port = await receiver.StandardOutput.ReadLineAsync();
            await using var gateway = await StartAsync($"Fetching:AllowedPorts:1={port}");
            var id = await PostAsync(gateway, $"http://127.0.0.2:{port}/cutouts");

            (await receiver.StandardOutput.ReadLineAsync()).ShouldNotBeNull().ShouldContain(id);
            await Eventually.TrueAsync(async () => (await _redis.CommandAsync("ZCARD rembg:{tasks}:2:deliveries")) == ":0", "it is known to be delivered");
        }
        finally
        {
            receiver.Kill();
        }
    }

    private string[] Settings => [$"ConnectionStrings:Redis={_redis.ConnectionString}", "Tasks:PollEvery=00:00:00.1", "Webhooks:AllowHttp=true", $"Webhooks:Secrets:0={Secret}", "Webhooks:RetryDelay=00:00:00.05"];

    private Task<GatewayApp> StartAsync(params string[] settings) => _hosts.StartAsync([.. Settings, .. settings]);

    private async Task<string> PostAsync(GatewayApp gateway, string receiver, int seed = 1)
    {
        var url = receiver.StartsWith('/') ? $"http://{_hosts.Host}{receiver}" : receiver;
        using var answer = await gateway.Client.PostAsync("/v1/tasks", Images.Form("file", Images.Jpeg(seed: seed), ("webhook_url", url)));
        return (await answer.ReadTaskAsync()).Id;
    }
}
