using Rembg.Contract.Problems;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Memory;

/// <summary>Who may hold how much, who waits and who is refused. A budget of 80 bytes; a client's share is 20.</summary>
public sealed class MemoryBudgetTests : IDisposable
{
    private readonly MemoryBudget _memory = new(80, 0.25, TimeProvider.System);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void ClientBeyondItsShare_IsRefused429_OthersAreNot()
    {
        Take("a", 20);
        Take("a", 1); // one may go beyond it

        Refused("a", 1).ShouldBe(429);
        Take("b", 20);
    }

    [Fact]
    public void UploadLargerThanTheShare_PassesAlone()
    {
        using (Take("a", 50)) Refused("a", 1).ShouldBe(429);

        _memory.BytesInUse.ShouldBe(0);
        Take("a", 50);
    }

    [Fact]
    public void UploadsBeyondThreeQuarters_AreRefused503_AnswersAreNot()
    {
        foreach (var client in "abc") Take($"{client}", 20);

        Refused("d", 1).ShouldBe(503);
        Wait("d", 20).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task AnswerWithoutRoom_WaitsForIt()
    {
        var first = _memory.ChargeFor("a");
        await first.TakeAsync(80, CancellationToken.None);
        await _memory.ChargeFor("b").TakeAsync(15, CancellationToken.None); // one may go beyond the budget

        var third = Wait("c", 15);
        third.IsCompleted.ShouldBeFalse();
        first.GiveBack(30);
        await third;
        _memory.BytesInUse.ShouldBe(80);
    }

    [Fact]
    public async Task AnswersThatFillTheBudgetTogether_EndOneAfterTheOther()
    {
        var charges = "abcdef".Select(client => _memory.ChargeFor($"{client}")).ToList();
        foreach (var charge in charges) await charge.TakeAsync(13, CancellationToken.None);

        var growing = charges.Select(charge => charge.TakeAsync(13, CancellationToken.None).AsTask()).ToList();
        growing.Count(done => done.IsCompleted).ShouldBe(1, "the budget is spent, and one may go beyond it");
        while (growing.Count > 0)
        {
            var done = growing.IndexOf(await Task.WhenAny(growing));
            charges[done].Dispose();
            charges.RemoveAt(done);
            growing.RemoveAt(done);
        }
        _memory.BytesInUse.ShouldBe(0);
    }

    [Fact]
    public async Task AnswersOfAClientWhoseShareIsSpent_Wait_OthersDoNot()
    {
        await Wait("a", 20);
        var beyond = _memory.ChargeFor("a");
        await beyond.TakeAsync(5, CancellationToken.None);

        var waits = Wait("a", 5);
        await Wait("b", 5);
        waits.IsCompleted.ShouldBeFalse();
        beyond.Dispose();
        await waits;
    }

    [Fact]
    public async Task WhoLeavesWhileItWaits_HoldsNothing()
    {
        var all = _memory.ChargeFor("a");
        await all.TakeAsync(100, CancellationToken.None);
        using var patience = new CancellationTokenSource();
        var waits = _memory.ChargeFor("b").TakeAsync(10, patience.Token).AsTask();

        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waits);
        all.Dispose();
        _memory.BytesInUse.ShouldBe(0);
    }

    private MemoryBudget.Charge Take(string client, int bytes)
    {
        var charge = _memory.ChargeFor(client);
        charge.Take(bytes);
        return charge;
    }

    private int Refused(string client, int bytes) => Should.Throw<ProblemException>(() => Take(client, bytes)).Problem.Status;

    private Task Wait(string client, int bytes) => _memory.ChargeFor(client).TakeAsync(bytes, CancellationToken.None).AsTask();
}
