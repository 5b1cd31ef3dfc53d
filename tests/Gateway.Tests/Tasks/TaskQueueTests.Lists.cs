using Rembg.Contract.Problems;
using Rembg.Gateway.Tasks;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>A client's list of its tasks, and the events that tell of changes.</summary>
public abstract partial class TaskQueueTests
{
    [Fact]
    public async Task Pages_HaveEachOfTheClientsTasksOnceTheNewestFirst()
    {
        var queue = Open(new());
        List<string> mine = [];
        for (var i = 0; i < 5; i++)
        {
            mine.Insert(0, await EnqueueAsync(queue));
            await queue.EnqueueAsync(Of("another"));
        }

        List<string> listed = [];
        TaskCursor? after = null;
        do
        {
            var page = await queue.ListAsync("shop-a", state: null, limit: 2, after);
            page.Tasks.Count.ShouldBeLessThanOrEqualTo(2);
            listed.AddRange(page.Tasks.Select(task => task.Id));
            after = page.Next;
        }
        while (after is not null);

        listed.ShouldBe(mine);
    }

    [Fact]
    public async Task TaskThatAPageEndedWithForgotten_TheNextPageGoesOnBehindIt()
    {
        var queue = Open(new());
        string[] ids = [await EnqueueAsync(queue), await EnqueueAsync(queue), await EnqueueAsync(queue)];
        var first = await queue.ListAsync("shop-a", state: null, limit: 2, after: null);
        await queue.DeleteAsync(ids[1]);

        (await queue.ListAsync("shop-a", state: null, limit: 2, first.Next)).Tasks.Single().Id.ShouldBe(ids[0]);
    }

    [Fact]
    public async Task ListOfOneState_HasNoOther()
    {
        var queue = Open(new());
        var failed = await EnqueueAsync(queue);
        await queue.FailAsync((await queue.TakeAsync(1)).Single(), Problem.Truncated());
        var running = await EnqueueAsync(queue);
        await queue.TakeAsync(1);
        var queued = await EnqueueAsync(queue);

        (await ListAsync(TaskState.Failed)).ShouldBe([failed]);
        (await ListAsync(TaskState.Running)).ShouldBe([running]);
        (await ListAsync(TaskState.Queued)).ShouldBe([queued]);
        (await ListAsync(TaskState.Succeeded)).ShouldBeEmpty();
        (await ListAsync(null)).ShouldBe([queued, running, failed]);

        async Task<IEnumerable<string>> ListAsync(TaskState? state) => (await queue.ListAsync("shop-a", state, limit: 100, after: null)).Tasks.Select(task => task.Id);
    }

    [Fact]
    public async Task EachStateOfATask_HasAnEventOfItsOwn()
    {
        var queue = Open(new() { MaxAttempts = 2 });
        var id = await EnqueueAsync(queue);
        List<string> events = [await EventAsync()];
        var lease = (await queue.TakeAsync(1)).Single();
        events.Add(await EventAsync());
        await queue.ReturnAsync(lease, Problem.BadUpstream(), TimeSpan.Zero);
        events.Add(await EventAsync());
        await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());
        events.Add(await EventAsync());

        events.ShouldBeUnique();
        events.ShouldNotContain("");
        (await EventAsync()).ShouldBe(events[^1]);

        async Task<string> EventAsync() => (await queue.FindAsync(id))!.Event;
    }
}
