using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>What one client may have of the queue, and that it cannot shut out the others.</summary>
public abstract partial class TaskQueueTests
{
    [Fact]
    public async Task ClientsAreTakenInTurn_HoweverManyTasksOneHas()
    {
        var queue = Open(new());
        for (var i = 0; i < 20; i++) await queue.EnqueueAsync(Of("many"));
        for (var i = 0; i < 3; i++) await queue.EnqueueAsync(Of("few"));
        await queue.EnqueueAsync(Of("one"));

        var clients = (await queue.TakeAsync(30)).Select(lease => lease.Request.Client).ToArray();

        clients.Length.ShouldBe(24);
        clients[..3].ShouldBe(["many", "few", "one"], ignoreOrder: true);
        clients[..7].Count(client => client == "few").ShouldBe(3);
        clients[7..].ShouldAllBe(client => client == "many");
    }

    [Fact]
    public async Task ClientThatComesWithOneTaskAtATime_DoesNotHoldUpTheOthers()
    {
        var queue = Open(new());
        for (var i = 0; i < 10; i++) await queue.EnqueueAsync(Of("many"));

        var taken = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            if (!taken.Contains("again") || taken[^1] == "again") await queue.EnqueueAsync(Of("again"));
            taken.Add((await queue.TakeAsync(1)).Single().Request.Client);
        }

        taken.Count(client => client == "many").ShouldBeInRange(4, 6);
    }

    [Fact]
    public async Task Weight_GivesMoreTurns()
    {
        var queue = Open(new());
        for (var i = 0; i < 30; i++)
        {
            await queue.EnqueueAsync(Of("one"));
            await queue.EnqueueAsync(Of("three", Everything with { Weight = 3 }));
        }

        var clients = (await queue.TakeAsync(20)).Select(lease => lease.Request.Client);

        clients.Count(client => client == "three").ShouldBeInRange(14, 16);
    }

    [Fact]
    public async Task TasksOfOneClient_AreTakenInTheOrderOfArrival()
    {
        var queue = Open(new());
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            await queue.EnqueueAsync(Of("other"));
            ids.Add((await queue.EnqueueAsync(Of("shop-a"))).Task.Id);
        }

        var leases = await queue.TakeAsync(10);

        leases.Where(lease => lease.Request.Client == "shop-a").Select(lease => lease.Id).ShouldBe(ids);
    }

    [Fact]
    public async Task Position_CountsTheTurnsOfTheOthers()
    {
        var queue = Open(new());
        for (var i = 0; i < 4; i++) await queue.EnqueueAsync(Of("many"));
        var few = await queue.EnqueueAsync(Of("few"));
        var last = await queue.EnqueueAsync(Of("few"));

        (await queue.FindAsync(few.Task.Id))!.Position!.Value.ShouldBeInRange(1, 2);
        (await queue.FindAsync(last.Task.Id))!.Position!.Value.ShouldBeInRange(3, 4);
    }

    [Fact]
    public async Task ClientWithItsShareOfTasks_Is429_TheOthersAreNot()
    {
        var queue = Open(new());
        var share = Everything with { Tasks = 2 };
        var first = await queue.EnqueueAsync(Of("many", share));
        await queue.EnqueueAsync(Of("many", share));

        var refused = (await Should.ThrowAsync<ProblemException>(() => queue.EnqueueAsync(Of("many", share)))).Problem;
        refused.ShouldSatisfyAllConditions(p => p.Status.ShouldBe(429), p => p.Code.ShouldBe("task_share_exceeded"), p => p.RetryAfter.ShouldNotBeNull());
        (await Should.ThrowAsync<ProblemException>(() => queue.EnsureRoomAsync("many", share))).Problem.ShouldBe(refused);

        await queue.EnsureRoomAsync("few", share);
        await queue.EnqueueAsync(Of("few", share));
        await queue.DeleteAsync(first.Task.Id);
        await queue.EnqueueAsync(Of("many", share));
    }

    [Fact]
    public async Task ClientWithItsShareOfUploads_Is429_TheOthersAreNot()
    {
        var queue = Open(new());
        var share = Everything with { InputBytes = Image.Length * 3 / 2 };
        await queue.EnqueueAsync(Of("many", share));

        (await Should.ThrowAsync<ProblemException>(() => queue.EnqueueAsync(Of("many", share)))).Problem.ShouldBe(QueueProblems.ClientHasTooManyBytes());
        await queue.EnqueueAsync(Of("few", share));

        foreach (var lease in await queue.TakeAsync(2)) await queue.FailAsync(lease, Problem.Truncated());
        await queue.EnqueueAsync(Of("many", share));
    }

    [Fact]
    public async Task ClientWithItsShareOfResults_Is429UntilOneIsDeletedOrExpires()
    {
        var queue = Open(new() { Retention = TimeSpan.FromSeconds(2) });
        var share = Everything with { ResultBytes = 1500 };
        var ids = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            ids.Add((await queue.EnqueueAsync(Of("many", share))).Task.Id);
            await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());
        }

        var refused = (await Should.ThrowAsync<ProblemException>(() => queue.EnqueueAsync(Of("many", share)))).Problem;
        refused.ShouldSatisfyAllConditions(p => p.Status.ShouldBe(429), p => p.Code.ShouldBe("task_share_exceeded"));
        refused.RetryAfter!.Value.ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(2)); // when the oldest expires
        await queue.EnqueueAsync(Of("few", share));

        await queue.DeleteAsync(ids[0]);
        await queue.EnsureRoomAsync("many", share);
        await queue.EnqueueAsync(Of("many", share));
        foreach (var lease in await queue.TakeAsync(2)) await queue.SucceedAsync(lease, Answer());
        await Should.ThrowAsync<ProblemException>(() => queue.EnsureRoomAsync("many", share));
        Pass(TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => HasRoomAsync("many"), "results expire");

        async Task<bool> HasRoomAsync(string client)
        {
            try
            {
                await queue.EnsureRoomAsync(client, share);
                return true;
            }
            catch (ProblemException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task ResultsBeyondAllBytes_TheOldestOfTheClientWithTheMostGiveWay()
    {
        var queue = Open(new() { MaxResultBytes = 3500 });
        async Task<CutoutTask> SucceedAsync(string client)
        {
            var id = (await queue.EnqueueAsync(Of(client))).Task.Id;
            await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());
            return (await queue.FindAsync(id))!;
        }

        var few = await SucceedAsync("few");
        CutoutTask[] many = [await SucceedAsync("many"), await SucceedAsync("many"), await SucceedAsync("many")];
        var late = await SucceedAsync("late");

        (await KeptAsync(few, many[0], many[1], many[2], late)).ShouldBe([true, false, false, true, true]);
        (await queue.FindAsync(many[0].Id))!.State.ShouldBe(TaskState.Succeeded);

        async Task<bool[]> KeptAsync(params CutoutTask[] tasks)
        {
            var kept = new List<bool>();
            foreach (var task in tasks)
            {
                using var open = await queue.OpenResultAsync(task);
                kept.Add(open is not null);
            }
            return [.. kept];
        }
    }

    [Fact]
    public async Task RecordsBeyondAClientsShare_ItsOldestFailedOnesAreForgottenFirst()
    {
        var queue = Open(new());
        var share = Everything with { Records = 3 };
        var other = await EndAsync("other", succeeds: false);
        string[] ids =
        [
            await EndAsync("many", succeeds: true), await EndAsync("many", succeeds: false), await EndAsync("many", succeeds: false),
            await EndAsync("many", succeeds: true), await EndAsync("many", succeeds: false),
        ];

        (await KnownAsync(ids)).ShouldBe([true, false, false, true, true]);
        (await KnownAsync(other)).ShouldBe([true]);

        // Where there is no failed one, the oldest goes; never the one that has just ended.
        var last = await EndAsync("many", succeeds: true);
        var failed = await EndAsync("many", succeeds: false);
        (await KnownAsync([ids[0], ids[3], ids[4], last, failed])).ShouldBe([false, true, false, true, true]);

        async Task<string> EndAsync(string client, bool succeeds)
        {
            var id = (await queue.EnqueueAsync(Of(client, share))).Task.Id;
            var lease = (await queue.TakeAsync(1)).Single();
            if (succeeds) await queue.SucceedAsync(lease, Answer());
            else await queue.FailAsync(lease, Problem.Truncated());
            return id;
        }

        async Task<bool[]> KnownAsync(params string[] ids)
        {
            var known = new List<bool>();
            foreach (var id in ids) known.Add(await queue.FindAsync(id) is not null);
            return [.. known];
        }
    }

    [Fact]
    public async Task RecordsBeyondAll_TheClientWithTheMostForgets()
    {
        var queue = Open(new() { MaxRecords = 3 });
        string[] ids = [await FailAsync("few"), await FailAsync("many"), await FailAsync("many"), await FailAsync("late")];

        (await queue.FindAsync(ids[1])).ShouldBeNull();
        foreach (var id in (string[])[ids[0], ids[2], ids[3]]) (await queue.FindAsync(id)).ShouldNotBeNull();

        async Task<string> FailAsync(string client)
        {
            var id = (await queue.EnqueueAsync(Of(client))).Task.Id;
            await queue.FailAsync((await queue.TakeAsync(1)).Single(), Problem.Truncated());
            return id;
        }
    }

    [Fact]
    public async Task UploadThatWaitsLongerThanItIsKept_FailsItsTaskAndMakesRoom()
    {
        var queue = Open(new() { InputLifetime = TimeSpan.FromSeconds(1), MaxUnfinished = 1 });
        var id = await EnqueueAsync(queue);

        Pass(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () => (await queue.FindAsync(id))!.State == TaskState.Failed, "it is given up");

        (await queue.FindAsync(id))!.Error!.Code.ShouldBe("task_expired");
        await EnqueueAsync(queue);
        (await queue.TakeAsync(5)).Count.ShouldBe(1);
    }

    [Fact]
    public void PlanShare_IsOfEachBound()
    {
        var options = new TaskOptions { MaxUnfinished = 100, MaxUnfinishedBytes = 10_000, MaxResultBytes = 20_000, MaxRecords = 1000, MaxDeliveries = 200, MaxBatches = 40 };

        TaskShare.Of(new Plan(), options).ShouldBe(new TaskShare(1, 25, 2500, 5000, 250, 50, 10));
        TaskShare.Of(new Plan { TaskShare = 0.5, TaskWeight = 4 }, options).ShouldBe(new TaskShare(4, 50, 5000, 10_000, 500, 100, 20));
        TaskShare.Of(new Plan { TaskShare = 0.001 }, options).Tasks.ShouldBe(1);
    }
}
