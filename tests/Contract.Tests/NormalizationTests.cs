using Rembg.Contract.Models;

namespace Rembg.Contract.Tests;

public class NormalizationTests
{
    private static readonly ModelSpec Spec = new()
    {
        Name = "test",
        Sha256 = "",
        InputName = "input",
        InputWidth = 2,
        InputHeight = 1,
        Mean = [0.5f, 0.25f, 0f],
        Std = [1, 0.5f, 2],
        Activation = MaskActivation.None,
        License = "MIT",
    };

    [Fact]
    public void Pixels_BecomePlanesDividedByTheImagesOwnMaximum()
    {
        var planes = new float[6];

        Normalization.ToInput([100, 50, 200, 0, 25, 100], Spec, planes);

        float[] expected = [0f, -0.5f, (0.25f - 0.25f) / 0.5f, (0.125f - 0.25f) / 0.5f, 0.5f, 0.25f];
        for (var i = 0; i < 6; i++) planes[i].ShouldBe(expected[i], 1e-6f);
    }

    [Fact]
    public void BlackImage_IsNotDividedByZero()
    {
        var planes = new float[6];
        Normalization.ToInput(new byte[6], Spec, planes);
        planes.ShouldAllBe(value => float.IsFinite(value));
    }

    [Fact]
    public void Mask_IsStretchedToTheWholeRangeAndTruncated() =>
        Normalization.ToMask([0.2f, 0.4f, 0.3f, 0.2999f], MaskActivation.None).ShouldBe([0, 255, 127, 127]);

    [Fact]
    public void Mask_OfLogits_IsStretchedAfterTheSigmoid()
    {
        var mask = Normalization.ToMask([-10, 10, 0], MaskActivation.Sigmoid);
        mask.ShouldBe([0, 255, 127]);
    }

    [Fact]
    public void FlatOutput_GivesAnEmptyMask() => Normalization.ToMask([0.7f, 0.7f, 0.7f], MaskActivation.None).ShouldBe([0, 0, 0]);

    [Fact]
    public void LongOutput_FindsExtremesInEveryLane()
    {
        for (var at = 0; at < 67; at++)
        {
            var output = Enumerable.Repeat(0.5f, 67).ToArray();
            output[at] = 1;
            output[(at + 1) % 67] = 0;
            var mask = Normalization.ToMask(output, MaskActivation.None);
            mask[at].ShouldBe((byte)255);
            mask[(at + 1) % 67].ShouldBe((byte)0);
        }
    }
}
