using Rembg.Contract;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class RequestQueueTests
{
    private readonly RequestQueue<string> _queue = new(maxWaiting: 1000, maxWaitingPerClient: 500, backgroundShare: 0.1);

    [Fact]
    public void NothingWaits_NothingComes() => Take(1).ShouldBeEmpty();

    [Fact]
    public void OneClient_IsFirstComeFirstServed()
    {
        Wait("a", 5);
        Take(5).ShouldBe(["a0", "a1", "a2", "a3", "a4"]);
    }

    [Fact]
    public void Clients_TakeTurns()
    {
        Wait("a", 100);
        Take(1);
        Wait("b", 3);
        Wait("c", 3);
        string.Concat(Take(6).Select(item => item[0]).Order()).ShouldBe("aabbcc", "whoever has a hundred waiting has no more turns");
    }

    [Fact]
    public void ClientThatHadNothingWaiting_IsNext()
    {
        Wait("a", 100);
        Wait("b", 100);
        Take(5);
        Wait("new", 1);
        Take(1).ShouldBe(["new0"]);
    }

    [Fact]
    public void ClientThatNeverHasMoreThanOneWaiting_HasNoMoreThanItsShare()
    {
        Wait("a", 100);
        var served = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            if (served.Count == 0 || served[^1][0] == 's') Wait("s", 1);
            served.AddRange(Take(1));
        }
        served.Count(item => item[0] == 's').ShouldBeInRange(19, 21);
    }

    [Theory]
    [InlineData(2, 1, 40, 20)]
    [InlineData(1, 0.5, 40, 20)]
    [InlineData(1, 0.1, 40, 4)]
    [InlineData(10, 1, 40, 4)]
    public void Weights_AreSharesOfTheTurns(double weight, double other, int served, int othersServed)
    {
        Wait("a", 200, weight);
        Wait("b", 200, other);
        var taken = Take(served + othersServed);
        taken.Count(item => item[0] == 'a').ShouldBeInRange(served - 2, served + 2);
        taken.Count(item => item[0] == 'b').ShouldBeInRange(othersServed - 2, othersServed + 2);
    }

    [Fact]
    public void Interactive_GoesBeforeBackground_WhichNeverStarves()
    {
        Wait("t", 100, priority: Priority.Background);
        Wait("a", 400);
        var taken = Take(100);
        taken.Count(item => item[0] == 't').ShouldBeInRange(9, 11);
        taken[0].ShouldBe("a0");
    }

    [Fact]
    public void LightOnes_HaveAQueueOfTheirOwn()
    {
        Wait("a", 2);
        _queue.Enqueue(Priority.Interactive, "b", 1, isLight: true, "b0");
        _queue.CountOf(Priority.Interactive).ShouldBe(3);
        _queue.CountOf(Priority.Interactive, "b").ShouldBe(1);
        Take(3).ShouldBe(["a0", "a1"]);
        _queue.TryDequeueLight(_ => true, out var light).ShouldBeTrue();
        light.ShouldBe("b0");
        _queue.Count.ShouldBe(0);
    }

    [Fact]
    public void BackgroundAlone_HasEverything()
    {
        Wait("t", 3, priority: Priority.Background);
        Take(5).ShouldBe(["t0", "t1", "t2"]);
    }

    [Fact]
    public void WhatCannotGo_DoesNotStandInTheWay()
    {
        Wait("a", 5);
        Wait("b", 5);
        _queue.TryDequeue(item => item is "b3", out var taken).ShouldBeTrue();
        taken.ShouldBe("b3");
        _queue.TryDequeue(_ => false, out _).ShouldBeFalse();
        Take(20).Count.ShouldBe(9);
    }

    [Fact]
    public void WhatHasLeft_IsNotServed()
    {
        Wait("a", 3);
        _queue.Remove(Priority.Interactive, "a", "a1").ShouldBeTrue();
        _queue.Remove(Priority.Interactive, "a", "a1").ShouldBeFalse();
        _queue.Remove(Priority.Interactive, "nobody", "a1").ShouldBeFalse();
        Take(5).ShouldBe(["a0", "a2"]);
        _queue.Count.ShouldBe(0);
    }

    [Fact]
    public void Bounds_AreEachClientsAndTheWhole()
    {
        Wait("a", 500);
        RoomFor("a").ShouldBe(RequestQueue<string>.Room.ClientIsFull);
        Wait("b", 500);
        RoomFor("c").ShouldBe(RequestQueue<string>.Room.QueueIsFull);
        Take(1);
        RoomFor("c").ShouldBe(RequestQueue<string>.Room.Free);
    }

    [Fact]
    public void Ahead_IsWhatIsServedBeforeTheNextOfAClient()
    {
        Wait("a", 100);
        Wait("b", 10);
        _queue.Ahead(Priority.Interactive, "new", 1).ShouldBe(1);
        _queue.Ahead(Priority.Interactive, "b", 1).ShouldBe(21, "ten of its own, and as many of the other");
        _queue.Ahead(Priority.Interactive, "a", 1).ShouldBe(111, "no more than all that wait");
    }

    private void Wait(string client, int count, double weight = 1, Priority priority = Priority.Interactive)
    {
        for (var i = 0; i < count; i++) _queue.Enqueue(priority, client, weight, isLight: false, $"{client}{i}");
    }

    private RequestQueue<string>.Room RoomFor(string client) => _queue.RoomFor(Priority.Interactive, client);

    private List<string> Take(int count)
    {
        var taken = new List<string>();
        while (taken.Count < count && _queue.TryDequeue(_ => true, out var item)) taken.Add(item);
        return taken;
    }
}
