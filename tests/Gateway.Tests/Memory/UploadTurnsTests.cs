using Rembg.Contract.Problems;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Memory;

public class UploadTurnsTests
{
    private readonly UploadTurns _turns = new(share: 100);

    [Fact]
    public async Task UploadsThatFitIntoTheShare_AreReadAtOnce_TheNextOneWaitsItsTurn()
    {
        using var first = await Enter(60);
        var second = await Enter(40);
        var third = Enter(30);
        var fourth = Enter(1);

        third.IsCompleted.ShouldBeFalse();
        fourth.IsCompleted.ShouldBeFalse("it came later");
        second.Dispose();
        (await third).Dispose();
        (await fourth).Dispose();
    }

    [Fact]
    public async Task UploadLargerThanTheShare_GoesAlone()
    {
        var large = await Enter(500);
        var small = Enter(1);
        small.IsCompleted.ShouldBeFalse();
        large.Dispose();
        (await small).Dispose();
    }

    [Fact]
    public async Task OtherClients_DoNotWait()
    {
        using var all = await Enter(100);

        (await _turns.EnterAsync("b", 100, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task WaitThatIsCancelled_Is429_AndLeavesTheLine()
    {
        var first = await Enter(100);
        using var patience = new CancellationTokenSource();
        var refused = Enter(100, patience.Token);
        var next = Enter(100);
        await patience.CancelAsync();

        (await Should.ThrowAsync<ProblemException>(refused)).Problem.Status.ShouldBe(429);
        first.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task UploadThatAnnouncesNothing_EndsAfterTheOthers()
    {
        var nothing = await Enter(0);
        (await Enter(10)).Dispose();

        nothing.Dispose();

        (await Enter(100)).Dispose();
    }

    private Task<IDisposable> Enter(long bytes, CancellationToken cancellation = default) => _turns.EnterAsync("a", bytes, cancellation);
}
