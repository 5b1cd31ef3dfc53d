using Rembg.Inference.Batching;

namespace Rembg.Inference.Tests.Batching;

public class CostModelTests
{
    private readonly CostModel _cost = new();

    [Fact]
    public void NothingLearnt_CostsNothing() => _cost.Estimate(8).ShouldBe(TimeSpan.Zero);

    [Fact]
    public void OneSizeLearnt_ScalesPerImage()
    {
        Learn(1, 0.5);
        Seconds(1).ShouldBe(0.5, 1e-9);
        Seconds(4).ShouldBe(2, 1e-9);
    }

    [Fact]
    public void SeveralSizesLearnt_FindsFixedAndPerImageCost()
    {
        foreach (var size in new[] { 1, 2, 4, 8 }) Learn(size, 0.1 + 0.02 * size);

        Seconds(1).ShouldBe(0.12, 1e-6);
        Seconds(16).ShouldBe(0.42, 1e-6);
    }

    [Fact]
    public void DisturbedRuns_DoNotMoveTheFit()
    {
        foreach (var size in new[] { 1, 2, 4, 8 })
            for (var run = 0; run < 9; run++) Learn(size, run % 3 == 2 ? 30 : 0.1 + 0.02 * size);

        Seconds(4).ShouldBe(0.18, 1e-6);
    }

    [Fact]
    public void OldRuns_AreForgotten()
    {
        for (var run = 0; run < 30; run++) Learn(1, 5);
        for (var run = 0; run < 15; run++) Learn(1, 1);

        Seconds(1).ShouldBe(1, 1e-9);
    }

    private void Learn(int size, double seconds) => _cost.Learn(size, TimeSpan.FromSeconds(seconds));

    private double Seconds(int size) => _cost.Estimate(size).TotalSeconds;
}
