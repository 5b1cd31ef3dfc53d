using Microsoft.Extensions.Options;
using Rembg.Inference.Admission;

namespace Rembg.Inference.Tests.Admission;

public sealed class PixelMemoryLimiterTests : IDisposable
{
    private const long Mebibyte = 1 << 20;
    private readonly PixelMemoryLimiter _budget = new(Options.Create(new AdmissionOptions { MaxPixelMiB = 100 }));

    [Fact]
    public async Task NoRoomForBoth_TheSecondWaitsForTheFirst()
    {
        var first = await Enter(60);
        var second = Enter(60);
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public async Task LargerThanTheBudget_RunsAlone()
    {
        var small = await Enter(1);
        var huge = Enter(1000);
        huge.IsCompleted.ShouldBeFalse();
        small.Dispose();
        var room = await huge;
        Enter(1).IsCompleted.ShouldBeFalse();
        room.Dispose();
    }

    [Fact]
    public async Task SmallOnes_DoNotOvertakeALargeOneThatWaits()
    {
        var first = await Enter(60);
        var large = Enter(90);
        var small = Enter(1);
        small.IsCompleted.ShouldBeFalse("first come, first served");

        first.Dispose();
        (await large).Dispose();
        (await small).Dispose();
    }

    [Fact]
    public async Task CallerWhoLeavesTheLine_HoldsNothing()
    {
        var first = await Enter(60);
        using var caller = new CancellationTokenSource();
        var left = _budget.EnterAsync(60 * Mebibyte, caller.Token).AsTask();
        await caller.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(left);

        first.Dispose();
        (await Enter(100)).Dispose();
    }

    [Fact]
    public async Task MorePicturesThanCores_Wait()
    {
        var inside = new List<IDisposable>();
        for (var i = 0; i < Environment.ProcessorCount; i++) inside.Add(await Enter(1));
        var next = Enter(1);
        next.IsCompleted.ShouldBeFalse();
        inside.ForEach(share => share.Dispose());
        (await next).Dispose();
    }

    [Fact]
    public async Task DecodeForTheModel_WaitsForRoomOnlyIfItNeedsTheWholePicture()
    {
        using var all = await Enter(100);
        (await _budget.EnterDecodeAsync(16 * Mebibyte, CancellationToken.None)).ShouldBeNull();
        var whole = _budget.EnterDecodeAsync(17 * Mebibyte, CancellationToken.None).AsTask();
        whole.IsCompleted.ShouldBeFalse();

        all.Dispose();
        using var share = await whole;
        Enter(84).IsCompleted.ShouldBeFalse("it counts");
    }

    private Task<IDisposable> Enter(long mebibytes) => _budget.EnterAsync(mebibytes * Mebibyte, CancellationToken.None).AsTask();

    public void Dispose() => _budget.Dispose();
}
