using System.Net;
using Rembg.Gateway.Tests.Clients;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>What is accepted, as the same task or another, and what is refused.</summary>
public abstract partial class TaskIntegrationTests
{
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

    [Fact]
    public async Task Background_ComesToThePodBehindItsImage()
    {
        await using var gateway = await StartAsync();
        var form = Images.Form("file", Images.Jpeg(seed: 5));
        form.Add(new ByteArrayContent(Images.Jpeg(3000, seed: 6)), "bg_image", "beach.jpg");
        using var answer = await gateway.Client.PostAsync("/v1/tasks", form);
        await gateway.Client.EndOfAsync((await answer.ReadTaskAsync()).Id);

        var sent = Pod.Requests.Single();
        sent.Image.ShouldBe(Images.Jpeg(seed: 5));
        sent.Background.ShouldBe(Images.Jpeg(3000, seed: 6));

        // The mask is kept under the hash of the image alone.
        using var alone = await gateway.CutAsync(seed: 5);
        alone.Cache().ShouldBe("mask");
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
    public async Task ClientWithItsShare_Is429AndTheOtherIsAcceptedAndNextInTurn()
    {
        TestKey many = TestKey.Create("many"), few = TestKey.Create("few", "gold");
        await using var gateway = await StartAsync(
            ["Tasks:MaxUnfinished=8", "Tasks:MaxRunning=0", "Clients:Plans:gold:TaskShare=0.5", "Clients:Plans:gold:TaskWeight=2", .. TestKey.Settings(many, few)]);

        async Task<HttpResponseMessage> PostAsync(TestKey key, int seed)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/tasks") { Content = Images.Raw(seed), Headers = { { "X-Api-Key", key.Text } } };
            return await gateway.Client.SendAsync(request);
        }

        for (var i = 0; i < 2; i++) (await PostAsync(many, i)).StatusCode.ShouldBe(HttpStatusCode.Accepted); // a quarter of 8
        using var refused = await PostAsync(many, 2);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await refused.ReadCodeAsync()).ShouldBe("task_share_exceeded");
        refused.Headers.RetryAfter.ShouldNotBeNull();

        for (var i = 0; i < 4; i++) (await PostAsync(few, 10 + i)).StatusCode.ShouldBe(HttpStatusCode.Accepted); // half of 8
        (await PostAsync(few, 14)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
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
}
