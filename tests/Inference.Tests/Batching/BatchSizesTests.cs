using Rembg.Inference.Batching;

namespace Rembg.Inference.Tests.Batching;

public class BatchSizesTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(8, 8, 8)]
    [InlineData(50, 8, 8)]
    public void ExactOrMoreThanEnough_RunsUnpadded(int waiting, int take, int runAt) =>
        new BatchSizes([1, 2, 4, 8]).Choose(waiting, Cost(10, 1)).ShouldBe((take, runAt));

    [Fact]
    public void FixedCostDominates_PadsUp() => new BatchSizes([1, 2, 4, 8]).Choose(5, Cost(100, 1)).ShouldBe((5, 8));

    [Fact]
    public void EachImageCosts_RunsTheFullBatchBelow() => new BatchSizes([1, 2, 4, 8]).Choose(5, Cost(1, 100)).ShouldBe((4, 4));

    [Fact]
    public void SizesAreSortedAndHoldOne() => new BatchSizes([8, 2, 2]).All.ShouldBe([1, 2, 8]);

    private static Func<int, TimeSpan> Cost(double a, double b) => n => TimeSpan.FromMilliseconds(a + b * n);
}
