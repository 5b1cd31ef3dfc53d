using System.Net;
using System.Text.Json;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>Events of a task, and lists.</summary>
public abstract partial class TaskIntegrationTests
{
    [Fact]
    public async Task Events_TellOfEachStateAndEndWithTheTask()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync("Tasks:MaxRunning=1");
        var (running, queued) = await OneRunsOneWaitsAsync(gateway);
        await using var events = await EventReader.OpenAsync(gateway.Client, queued);

        (await events.NextAsync())!.Value.Task.Status.ShouldBe("queued");
        open.SetResult();

        List<string> states = [];
        while (await events.NextAsync() is { } next) states.Add(next.Task.Status);
        states[^1].ShouldBe("succeeded");
        states.ShouldBeSubsetOf(["running", "succeeded"]);
        (await gateway.Client.EndOfAsync(running)).Status.ShouldBe("succeeded");
    }

    [Fact]
    public async Task LastEventId_OnlyWhatIsNewerIsSentAndNothingAfterTheEnd()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync();
        var id = await gateway.Client.PostTaskAsync();
        await Eventually.TrueAsync(async () => (await gateway.Client.ShowAsync(id)).Status == "running", "it runs");
        string seen;
        await using (var events = await EventReader.OpenAsync(gateway.Client, id)) seen = (await events.NextAsync())!.Value.Id;

        var again = EventReader.OpenAsync(gateway.Client, id, seen);
        open.SetResult();
        await using var rest = await again;
        var last = (await rest.NextAsync())!.Value;
        last.Task.Status.ShouldBe("succeeded");
        (await rest.NextAsync()).ShouldBeNull();

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/tasks/{id}/events") { Headers = { { "Last-Event-ID", last.Id } } };
        using var answer = await gateway.Client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task DeletedWhileWatched_TheLastEventSaysCancelled()
    {
        var open = new TaskCompletionSource();
        Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync("Tasks:MaxRunning=1");
        var (_, queued) = await OneRunsOneWaitsAsync(gateway);
        await using var events = await EventReader.OpenAsync(gateway.Client, queued);
        await events.NextAsync();

        await gateway.Client.DeleteAsync($"/v1/tasks/{queued}");

        (await events.NextAsync())!.Value.Task.Status.ShouldBe("cancelled");
        (await events.NextAsync()).ShouldBeNull();
        open.SetResult();
    }

    [Fact]
    public async Task List_HasTheOwnersTasksOnly()
    {
        var (mine, other) = (TestKey.Create("shop-a"), TestKey.Create("shop-b"));
        await using var gateway = await StartAsync(TestKey.Settings(mine, other));
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", other.Text);
        await gateway.Client.PostTaskAsync(1);
        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", mine.Text);
        string[] ids = [await gateway.Client.PostTaskAsync(2), await gateway.Client.PostTaskAsync(3), await gateway.Client.PostTaskAsync(4)];
        foreach (var id in ids) await gateway.Client.EndOfAsync(id);

        var page = await ListAsync("?limit=2&status=succeeded");
        Ids(page).ShouldBe([ids[2], ids[1]]);
        var next = await ListAsync($"?limit=2&status=succeeded&cursor={page.GetProperty("nextCursor").GetString()}");
        Ids(next).ShouldBe([ids[0]]);
        next.TryGetProperty("nextCursor", out _).ShouldBeFalse();
        Ids(await ListAsync("?status=failed")).ShouldBeEmpty();

        async Task<JsonElement> ListAsync(string query) => JsonElement.Parse(await gateway.Client.GetStringAsync("/v1/tasks" + query));

        static IEnumerable<string?> Ids(JsonElement page) => page.GetProperty("data").EnumerateArray().Select(task => task.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("limit=0", HttpStatusCode.BadRequest)]
    [InlineData("limit=101", HttpStatusCode.BadRequest)]
    [InlineData("limit=1&limit=2", HttpStatusCode.BadRequest)]
    [InlineData("status=done", HttpStatusCode.BadRequest)]
    [InlineData("status=cancelled", HttpStatusCode.BadRequest)]
    [InlineData("cursor=", HttpStatusCode.BadRequest)]
    [InlineData("cursor=1.x", HttpStatusCode.BadRequest)]
    [InlineData("cursor=-1.aaaaaaaaaaaaaaaaaaaaaaaa", HttpStatusCode.BadRequest)]
    [InlineData("", HttpStatusCode.Forbidden)]
    public async Task ListThatMakesNoSense_OrWithoutKeys_IsRefused(string query, HttpStatusCode status)
    {
        await using var gateway = await StartAsync();
        using var answer = await gateway.Client.GetAsync("/v1/tasks?" + query);
        answer.StatusCode.ShouldBe(status);
    }
}
