using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>Tasks over HTTP; run over the queue in memory and the one on Redis.</summary>
public abstract class TaskStories : IAsyncLifetime
{
    private protected FakePod Pod { get; private set; } = null!;

    /// <summary>Settings of the queue under test.</summary>
    private protected virtual string[] Settings => [];

    public virtual async Task InitializeAsync() => Pod = await FakePod.StartAsync();

    public virtual async Task DisposeAsync() => await Pod.DisposeAsync();

    private protected Task<GatewayApp> StartAsync(params string[] settings) => GatewayApp.StartAsync([Pod], [.. Settings, .. settings]);

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
        await using var gateway = await StartAsync("Tasks:MaxAttempts=3", "Tasks:RetryDelay=00:00:00.01", "Pods:RestAfterFailure=00:00:00.05");

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
    public async Task LongPoll_AnswersWhenTheTaskEnds()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync();
        var id = await gateway.Client.PostTaskAsync();

        var waiting = gateway.Client.GetAsync($"/v1/tasks/{id}?wait=30s");
        await Eventually.TrueAsync(() => Pod.InFlight == 1, "the task runs");
        waiting.IsCompleted.ShouldBeFalse();
        open.SetResult();

        (await (await waiting).ReadTaskAsync()).Status.ShouldBe("succeeded");
    }

    [Theory]
    [InlineData("31s")]
    [InlineData("20")]
    [InlineData("-1s")]
    [InlineData("1e1s")]
    [InlineData("NaN")]
    [InlineData("")]
    [InlineData("1s&wait=2s")]
    public async Task WaitThatIsNotWholeSeconds_Is400(string wait)
    {
        await using var gateway = await StartAsync();
        using var answer = await gateway.Client.GetAsync($"/v1/tasks/{new string('a', 24)}?wait={wait}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task DeletedWhileQueued_NeverReachesAPod()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync("Tasks:MaxRunning=1");
        var running = await gateway.Client.PostTaskAsync(1);
        await Eventually.TrueAsync(() => Pod.InFlight == 1, "the first task runs");
        var queued = await gateway.Client.PostTaskAsync(2);

        using var deleted = await gateway.Client.DeleteAsync($"/v1/tasks/{queued}");
        deleted.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await deleted.ReadTaskAsync()).Status.ShouldBe("cancelled");
        (await gateway.Client.GetAsync($"/v1/tasks/{queued}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.Client.DeleteAsync($"/v1/tasks/{queued}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        open.SetResult();
        (await gateway.Client.EndOfAsync(running)).Status.ShouldBe("succeeded");
        (await gateway.Client.EndOfAsync(await gateway.Client.PostTaskAsync(3))).Status.ShouldBe("succeeded");
        Pod.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task DeletedWhenDone_IsForgotten()
    {
        await using var gateway = await StartAsync();
        var id = await gateway.Client.PostTaskAsync();
        await gateway.Client.EndOfAsync(id);

        using var deleted = await gateway.Client.DeleteAsync($"/v1/tasks/{id}");

        (await deleted.ReadTaskAsync()).Status.ShouldBe("succeeded");
        (await gateway.Client.GetAsync($"/v1/tasks/{id}/result")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task AnotherClientsTask_IsUnknown()
    {
        var (mine, other) = (TestKey.Create("shop-a"), TestKey.Create("shop-b"));
        await using var gateway = await StartAsync(TestKey.Settings(mine, other));
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", mine.Text);
        var id = await gateway.Client.PostTaskAsync();
        await gateway.Client.EndOfAsync(id);

        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        (await gateway.Client.GetAsync($"/v1/tasks/{id}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", other.Text);
        string[] addresses = [$"/v1/tasks/{id}", $"/v1/tasks/{id}?wait=20s", $"/v1/tasks/{id}/result", $"/task/{id}"];
        foreach (var address in addresses) (await gateway.Client.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.Client.DeleteAsync($"/v1/tasks/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", mine.Text);
        (await gateway.Client.GetAsync($"/v1/tasks/{id}/result")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("%2e%2e%2f%2e%2e%2fetc%2fpasswdaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaa%0a")]
    public async Task TaskThatNeverWas_Is404(string id)
    {
        await using var gateway = await StartAsync();
        (await gateway.Client.GetAsync($"/v1/tasks/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task SameIdempotencyKeyFiftyTimesInParallel_IsOneTask()
    {
        await using var gateway = await StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => gateway.Client.PostWithKeyAsync("night-batch-1", Images.Raw())));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.Accepted);
        var ids = await Task.WhenAll(answers.Select(async answer => (await answer.ReadTaskAsync()).Id));
        ids.Distinct().Count().ShouldBe(1);
        await gateway.Client.EndOfAsync(ids[0]);
        Pod.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task SameIdempotencyKey_IsAnotherTaskForAnotherClientAndAProblemForAnotherPicture()
    {
        var (one, two) = (TestKey.Create("shop-a"), TestKey.Create("shop-b"));
        await using var gateway = await StartAsync(TestKey.Settings(one, two));
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", one.Text);
        using var first = await gateway.Client.PostWithKeyAsync("k", Images.Raw(1));
        using var replay = await gateway.Client.PostWithKeyAsync("k", Images.Raw(1));
        using var picture = await gateway.Client.PostWithKeyAsync("k", Images.Raw(2));
        using var options = await gateway.Client.PostWithKeyAsync("k", Images.Raw(1), "?size=hd");
        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", two.Text);
        using var foreign = await gateway.Client.PostWithKeyAsync("k", Images.Raw(2));

        var id = (await first.ReadTaskAsync()).Id;
        (await replay.ReadTaskAsync()).Id.ShouldBe(id);
        replay.Headers.GetValues("Idempotent-Replayed").Single().ShouldBe("true");
        foreach (var reused in new[] { picture, options })
        {
            reused.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
            (await reused.ReadCodeAsync()).ShouldBe("idempotency_key_reused");
        }
        foreign.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await foreign.ReadTaskAsync()).Id.ShouldNotBe(id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("käse")]
    [InlineData("a\tb")]
    public async Task IdempotencyKeyThatIsNotPrintableAscii_Is400(string key)
    {
        await using var gateway = await StartAsync();
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 };
        using var client = new HttpClient(handler) { BaseAddress = gateway.Client.BaseAddress };
        using var answer = await client.PostWithKeyAsync(key, Images.Raw());
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task IdempotencyKeyOfTenKilobytes_Is400()
    {
        await using var gateway = await StartAsync();
        using var answer = await gateway.Client.PostWithKeyAsync(new string('k', 10_000), Images.Raw());
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("kkkk");
    }

    [Fact]
    public async Task BadInput_IsRefusedAtOnceAsTheSynchronousCallWould()
    {
        await using var gateway = await StartAsync();
        (await gateway.Client.PostAsync("/v1/tasks", new ByteArrayContent([1, 2, 3]))).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await gateway.Client.PostAsync("/v1/tasks?size=-1", Images.Raw())).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await gateway.Client.PostAsync("/v1/tasks?model=unknown", Images.Raw())).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await gateway.Client.PostAsync("/v1/tasks", new MultipartFormDataContent { { new StringContent("x"), "note" } })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        Pod.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task FullQueue_Is503BeforeTheBodyIsReadAndARepetitionStillFindsItsTask()
    {
        await using var gateway = await StartAsync("Tasks:MaxUnfinished=1", "Tasks:MaxRunning=0");
        using var first = await gateway.Client.PostWithKeyAsync("k", Images.Raw());

        using var refused = await gateway.Client.PostAsync("/v1/tasks", Images.Raw(2));
        using var replay = await gateway.Client.PostWithKeyAsync("k", Images.Raw());

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        (await replay.ReadTaskAsync()).Id.ShouldBe((await first.ReadTaskAsync()).Id);
    }

    [Fact]
    public async Task NoPodYet_TheTaskIsAcceptedAndWaits()
    {
        Pod.Ready = false;
        await using var gateway = await GatewayApp.StartUnreadyAsync([], null, [.. Settings, $"Pods:Addresses:0={Pod.Address}", $"Pods:ManagementAddresses:0={Pod.Address}"]);
        await Pod.KillAsync();
        var id = await gateway.Client.PostTaskAsync();

        await Pod.RestartAsync();
        Pod.Ready = true;

        (await gateway.Client.EndOfAsync(id)).Status.ShouldBe("succeeded");
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
        var running = await gateway.Client.PostTaskAsync(1);
        await Eventually.TrueAsync(() => Pod.InFlight == 1, "the first task runs");
        var queued = await gateway.Client.PostTaskAsync(2);

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
