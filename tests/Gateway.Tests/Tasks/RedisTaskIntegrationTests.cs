using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

[Trait("Category", "Slow")]
public sealed class RedisTaskIntegrationTests : TaskIntegrationTests
{
    private RedisServer _redis = null!;

    private protected override string[] Settings => [$"ConnectionStrings:Redis={_redis.ConnectionString}", "Tasks:PollEvery=00:00:00.1"];

    public override async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(appendOnly: true);
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task TaskPostedAtOneGateway_IsRunByAnotherAndTellsALongPollAtAThird()
    {
        await using var intake = await StartAsync("Tasks:MaxRunning=0");
        await using var poll = await StartAsync("Tasks:MaxRunning=0");
        var id = await intake.Client.PostTaskAsync();
        var waiting = poll.Client.GetAsync($"/v1/tasks/{id}?wait=30s");

        await using var worker = await StartAsync();

        (await (await waiting).ReadTaskAsync()).Status.ShouldBe("succeeded");
        using var result = await intake.Client.GetAsync($"/v1/tasks/{id}/result");
        result.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("PerClient", "miss")]
    [InlineData("Shared", "hit")]
    public async Task DeletedTask_IsErasedFromTheCachesOfAllGatewaysUnlessClientsShareThem(string scope, string afterwards)
    {
        await using var one = await StartAsync($"Cache:Scope={scope}");
        await using var two = await StartAsync($"Cache:Scope={scope}", "Tasks:MaxRunning=0");
        var id = await one.Client.PostTaskAsync();
        await one.Client.EndOfAsync(id);
        await Eventually.TrueAsync(async () => await _redis.CommandAsync("KEYS rembg:cache:*") != "*0", "the mask is in Redis");
        (await two.CutAsync()).Cache().ShouldBe("mask");
        (await two.CutAsync()).Cache().ShouldBe("hit");

        (await one.Client.DeleteAsync($"/v1/tasks/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await one.CutAsync()).Cache().ShouldBe(afterwards);
        if (afterwards == "miss") await Eventually.TrueAsync(async () => (await two.CutAsync()).Cache() != "hit", "the other gateway has been told");
    }

    [Fact]
    public async Task UserWithoutPermissionForChannels_TasksAreAcceptedOnceAndFoundByPolling()
    {
        await _redis.CommandAsync("ACL SETUSER gateway on >secret ~rembg:* resetchannels +@all");
        await using var gateway = await GatewayApp.StartAsync([Pod], $"ConnectionStrings:Redis={_redis.ConnectionString},user=gateway,password=secret", "Tasks:PollEvery=00:00:00.1");

        string[] ids = [await gateway.Client.PostTaskAsync(1), await gateway.Client.PostTaskAsync(2)];

        foreach (var id in ids) (await gateway.Client.EndOfAsync(id)).Status.ShouldBe("succeeded");
        Pod.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task RedisEmptied_TasksThatComeAfterwardsSucceed()
    {
        await using var gateway = await StartAsync();
        await gateway.Client.EndOfAsync(await gateway.Client.PostTaskAsync(1));

        await _redis.CommandAsync("FLUSHALL");

        (await gateway.Client.EndOfAsync(await gateway.Client.PostTaskAsync(2))).Status.ShouldBe("succeeded");
    }

    [Fact]
    public async Task RedisStopped_TasksAre503AndGoOnWhenItIsBack()
    {
        await using var gateway = await StartAsync();
        await gateway.Client.EndOfAsync(await gateway.Client.PostTaskAsync(1));
        await _redis.StopAsync();

        using (var refused = await gateway.Client.PostAsync("/v1/tasks", Images.Raw(2))) refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using (var other = await gateway.Client.PostAsync("/v1/remove-background", Images.Raw(3))) other.StatusCode.ShouldBe(HttpStatusCode.OK);

        await _redis.RestartAsync();
        await Eventually.TrueAsync(async () => (await gateway.Client.PostAsync("/v1/tasks", Images.Raw(4))).IsSuccessStatusCode, "tasks are accepted again");
        (await gateway.Client.EndOfAsync(await gateway.Client.PostTaskAsync(5))).Status.ShouldBe("succeeded");
    }
}
