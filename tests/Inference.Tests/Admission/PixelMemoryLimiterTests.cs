using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Inference.Admission;

namespace Rembg.Inference.Tests.Admission;

public class PixelMemoryLimiterTests
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
    public async Task LargerThanTheBudget_IsRefusedWithTheLimit()
    {
        var problem = (await Should.ThrowAsync<ProblemException>(() => Enter(101))).Problem;

        (problem.Status, problem.Code).ShouldBe((422, "resolution_too_high"));
        problem.Detail!.ShouldContain("101 MiB; at most 100 MiB");
        (await Enter(100)).Dispose();
        await Should.ThrowAsync<ProblemException>(async () => await _budget.EnterDecodeAsync(101 * Mebibyte, CancellationToken.None));
    }

    [Fact]
    public async Task SmallOnes_PassALargeOneThatWaits()
    {
        var first = await Enter(60);
        var large = Enter(90);
        (await Enter(40).WaitAsync(TimeSpan.FromMinutes(1))).Dispose();
        large.IsCompleted.ShouldBeFalse();

        first.Dispose();
        (await large).Dispose();
    }

    [Fact]
    public async Task LargeOneThatWasPassedOftenEnough_IsNext()
    {
        var first = await Enter(60);
        var large = Enter(90);
        for (var passed = 0; passed < PixelMemoryLimiter.MaxPasses; passed++) (await Enter(1).WaitAsync(TimeSpan.FromMinutes(1))).Dispose();

        var late = Enter(1);
        late.IsCompleted.ShouldBeFalse("room is kept for the large one");

        first.Dispose();
        (await large).Dispose();
        (await late).Dispose();
    }

    [Fact]
    public async Task LargeOneThatLeavesTheLine_LetsTheOthersIn()
    {
        var first = await Enter(60);
        using var caller = new CancellationTokenSource();
        var large = _budget.EnterAsync(90 * Mebibyte, caller.Token).AsTask();
        for (var passed = 0; passed < PixelMemoryLimiter.MaxPasses; passed++) (await Enter(1).WaitAsync(TimeSpan.FromMinutes(1))).Dispose();
        var late = Enter(1);

        await caller.CancelAsync();

        (await late.WaitAsync(TimeSpan.FromMinutes(1))).Dispose();
        await Should.ThrowAsync<OperationCanceledException>(large);
        first.Dispose();
    }

    [Fact]
    public async Task ShareThatIsGivenBackTwice_CountsOnce()
    {
        var share = await Enter(100);
        share.Dispose();
        share.Dispose();

        using var all = await Enter(100);
        Enter(1).IsCompleted.ShouldBeFalse();
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
}
