using Rembg.Models.Quantize;

namespace Rembg.Models.Tests.Quantize;

public class ActivationRangesTests
{
    [Fact]
    public void Written_AreReadBackToTheLastBit()
    {
        var path = Path.GetTempFileName();
        var ranges = new Dictionary<string, ActivationRange> { ["a"] = new(-1f / 3, 100f / 7), ["b"] = new(0, 1e-7f) };
        try
        {
            new ActivationRanges { MeasuredOn = "", Photos = [], Verification = Verification.Of("", [new("a.jpg", "", 1, 0)]), Ranges = ranges }.Write(path);
            ActivationRanges.Read(path).Ranges.ShouldBe(ranges, ignoreOrder: true);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
