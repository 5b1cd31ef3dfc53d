using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>Tasks over HTTP; run over the queue in memory and the one on Redis.</summary>
public abstract partial class TaskIntegrationTests : IAsyncLifetime
{
    private protected FakePod Pod { get; private set; } = null!;

    /// <summary>Settings of the queue under test.</summary>
    private protected virtual string[] Settings => [];

    public virtual async Task InitializeAsync() => Pod = await FakePod.StartAsync();

    public virtual async Task DisposeAsync() => await Pod.DisposeAsync();

    private protected Task<GatewayApp> StartAsync(params string[] settings) => GatewayApp.StartAsync([Pod], [.. Settings, .. settings]);

    /// <summary>Posts two tasks to a gateway that runs one at a time, at a pod that does not answer yet.</summary>
    private async Task<(string Running, string Queued)> OneRunsOneWaitsAsync(GatewayApp gateway)
    {
        var running = await gateway.Client.PostTaskAsync(1);
        await Eventually.TrueAsync(() => Pod.InFlight == 1, "the first task runs");
        return (running, await gateway.Client.PostTaskAsync(2));
    }

    [Fact]
    public async Task Photograph_IsAcceptedAtOnceAndItsCutoutFetchedLater()
    {
        await using var gateway = await StartAsync();

        using var accepted = await gateway.Client.PostAsync("/v1/tasks?format=webp", Images.Form("file"));
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var task = await accepted.ReadTaskAsync();
        accepted.Headers.Location!.ToString().ShouldBe($"/v1/tasks/{task.Id}");
        task.Id.ShouldMatch("^[A-Za-z0-9_-]{24}$");

        var done = await gateway.Client.EndOfAsync(task.Id);
        done.Status.ShouldBe("succeeded");
        done.Text("links", "result").ShouldBe($"/v1/tasks/{task.Id}/result");
        done.Number("attempts").ShouldBe(1);
        done.Number("waitedMs").ShouldBeGreaterThanOrEqualTo(0);
        done.Number("ranMs").ShouldBeGreaterThanOrEqualTo(0);

        using var result = await gateway.Client.GetAsync($"/v1/tasks/{task.Id}/result");
        result.StatusCode.ShouldBe(HttpStatusCode.OK);
        result.Content.Headers.ContentType!.MediaType.ShouldBe("image/webp");
        result.Headers.GetValues(PodHeaders.Width).Single().ShouldBe("40");
        (await result.Content.ReadAsByteArrayAsync()).Length.ShouldBe(1000);
        Pod.Requests.Single().Headers[PodHeaders.Priority].ToString().ShouldBe(PodHeaders.Background);
    }

    [Fact]
    public async Task ResultThatTheClientHas_IsNotSentAgain()
    {
        await using var gateway = await StartAsync();
        var id = await gateway.Client.PostTaskAsync();
        await gateway.Client.EndOfAsync(id);
        using var first = await gateway.Client.GetAsync($"/v1/tasks/{id}/result");

        using var again = new HttpRequestMessage(HttpMethod.Get, $"/v1/tasks/{id}/result");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var answer = await gateway.Client.SendAsync(again);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task SamePictureSynchronously_ComesFromTheCacheOfTheTask()
    {
        await using var gateway = await StartAsync();
        await gateway.Client.EndOfAsync(await gateway.Client.PostTaskAsync());

        using var answer = await gateway.Client.PostAsync("/v1/remove-background", Images.Raw());

        answer.Headers.GetValues("X-Cache").Single().ShouldBe("hit");
        Pod.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task NoStore_HoldsForTheTaskToo()
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/tasks") { Content = Images.Raw() };
        request.Headers.CacheControl = new() { NoStore = true };
        using var accepted = await gateway.Client.SendAsync(request);
        await gateway.Client.EndOfAsync((await accepted.ReadTaskAsync()).Id);

        using var answer = await gateway.Client.PostAsync("/v1/remove-background", Images.Raw());

        answer.Headers.GetValues("X-Cache").Single().ShouldBe("miss");
    }

    [Fact]
    public async Task ResultOfATaskThatIsNotDone_Is409()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync("Tasks:MaxRunning=1");
        var running = await gateway.Client.PostTaskAsync(1);
        await Eventually.TrueAsync(async () => (await gateway.Client.ShowAsync(running)).Status == "running", "the first task runs");
        var queued = await gateway.Client.PostTaskAsync(2);
        var last = await gateway.Client.PostTaskAsync(3);

        foreach (var id in new[] { running, queued })
        {
            using var answer = await gateway.Client.GetAsync($"/v1/tasks/{id}/result");
            answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await answer.ReadCodeAsync()).ShouldBe("not_ready");
        }
        (await gateway.Client.ShowAsync(queued)).Number("position").ShouldBe(1);
        (await gateway.Client.ShowAsync(last)).Number("position").ShouldBe(2);

        open.SetResult();
        foreach (var id in new[] { running, queued, last }) (await gateway.Client.EndOfAsync(id)).Status.ShouldBe("succeeded");
    }

    [Fact]
    public async Task ImageThatCannotBeDecoded_FailsAtOnceWithTheReason()
    {
        Pod.Always = PodScripts.Refuses(Problem.Undecodable("It ends in the middle."));
        await using var gateway = await StartAsync();
        var id = await gateway.Client.PostTaskAsync();

        var task = await gateway.Client.EndOfAsync(id);

        task.Status.ShouldBe("failed");
        task.Text("error", "code").ShouldBe("undecodable_image");
        task.Text("error", "detail").ShouldBe("It ends in the middle.");
        Pod.Requests.Count.ShouldBe(1);
        using var result = await gateway.Client.GetAsync($"/v1/tasks/{id}/result");
        result.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await result.ReadCodeAsync()).ShouldBe("undecodable_image");
    }

    [Fact]
    public async Task PodsThatAreFull_CostTheTaskTimeButNoAttempt()
    {
        for (var i = 0; i < 4; i++) Pod.Next.Enqueue(PodScripts.Overloaded());
        await using var gateway = await StartAsync("Tasks:MaxAttempts=1", "Pods:FullFor=00:00:00.05");
        var id = await gateway.Client.PostTaskAsync();

        var task = await gateway.Client.EndOfAsync(id);

        task.Status.ShouldBe("succeeded");
        task.Number("attempts").ShouldBe(1);
        Pod.Requests.Count.ShouldBe(5);
    }

    [Fact]
    public async Task ImageThatAlwaysKillsItsPod_FailsAfterItsAttempts_TheOthersAreUnaffected()
    {
        var killer = Images.Jpeg(seed: 666);
        Pod.Always = (context, request) => (request.Image.SequenceEqual(killer) ? PodScripts.Dies() : PodScripts.Cutout())(context, request);
        await using var gateway = await StartAsync("Tasks:MaxAttempts=3", "Tasks:RetryDelay=00:00:00.01", "Pods:EjectionTime=00:00:00.05");

        using var accepted = await gateway.Client.PostAsync("/v1/tasks", new ByteArrayContent(killer));
        var poison = (await accepted.ReadTaskAsync()).Id;
        var others = new List<string>();
        for (var i = 0; i < 5; i++) others.Add(await gateway.Client.PostTaskAsync(i + 1));

        foreach (var id in others) (await gateway.Client.EndOfAsync(id)).Status.ShouldBe("succeeded");
        var task = await gateway.Client.EndOfAsync(poison);
        task.Status.ShouldBe("failed");
        task.Text("error", "code").ShouldBe("attempts_exhausted");
        task.Number("attempts").ShouldBe(3);
        Pod.Requests.Count(request => request.Image.SequenceEqual(killer)).ShouldBeLessThanOrEqualTo(3);
    }

    [Fact]
    public async Task ArticlesNames_AreUnderstood()
    {
        await using var gateway = await StartAsync();
        using var accepted = await gateway.Client.PostAsync("/remove-background-async", Images.Form("file"));
        accepted.IsSuccessStatusCode.ShouldBeTrue();
        var id = JsonDocument.Parse(await accepted.Content.ReadAsStringAsync()).RootElement.GetProperty("task_id").GetString()!;
        await gateway.Client.EndOfAsync(id);

        var task = JsonDocument.Parse(await gateway.Client.GetStringAsync($"/task/{id}")).RootElement;

        task.GetProperty("status").GetString().ShouldBe("success");
        using var picture = await gateway.Client.GetAsync(task.GetProperty("result_url").GetString());
        picture.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
    }

    [Fact]
    public async Task ArticlesNames_TellOfProcessingAndOfErrors()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Refuses(Problem.Truncated()));
        await using var gateway = await StartAsync();
        var id = await gateway.Client.PostTaskAsync();

        (await gateway.Client.GetStringAsync($"/task/{id}")).ShouldBe("""{"status":"processing"}""");
        open.SetResult();
        await gateway.Client.EndOfAsync(id);
        JsonDocument.Parse(await gateway.Client.GetStringAsync($"/task/{id}")).RootElement.GetProperty("status").GetString().ShouldBe("error");
    }

    [Fact]
    public async Task Metrics_CountTheTasks()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync("Tasks:MaxRunning=1");
        var (running, queued) = await OneRunsOneWaitsAsync(gateway);

        await Eventually.TrueAsync(async () => await MetricAsync("rembg_tasks_queued") == 1 && await MetricAsync("rembg_tasks_running") == 1, "the gauges show both");
        (await MetricAsync("rembg_task_age_seconds")).ShouldBeGreaterThan(0);
        open.SetResult();
        await gateway.Client.EndOfAsync(running);
        await gateway.Client.EndOfAsync(queued);
        await Eventually.TrueAsync(async () => await MetricAsync("rembg_tasks_total{outcome=\"succeeded\"}") == 2, "the counter shows both");

        async Task<double> MetricAsync(string name)
        {
            var page = await gateway.Management.GetStringAsync("/metrics");
            var line = Regex.Match(page, $"^{Regex.Escape(name)} (.*)$", RegexOptions.Multiline);
            return line.Success ? double.Parse(line.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : -1;
        }
    }
}
