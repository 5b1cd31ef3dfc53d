using System.Net;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>Waiting for a task, deleting it, and who may see it.</summary>
public abstract partial class TaskIntegrationTests
{
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
        var (running, queued) = await OneRunsOneWaitsAsync(gateway);

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
}
