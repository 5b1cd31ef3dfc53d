using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging;

public class MaskTests
{
    [Theory]
    [InlineData(new byte[] { 0, 255, 255, 0 }, 0)]
    [InlineData(new byte[] { 0, 255, 0, 51 }, 0.1)]
    [InlineData(new byte[] { 127, 128, 127, 128 }, 0.996)]
    public void Uncertainty_IsTheShareOfWhatIsNeitherSubjectNorBackground(byte[] values, double expected) =>
        new Mask(2, 2, values).Uncertainty.ShouldBe(expected, 0.0005);
}
