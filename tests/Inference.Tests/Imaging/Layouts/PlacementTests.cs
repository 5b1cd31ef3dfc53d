using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging.Layouts;

public class PlacementTests
{
    /// <summary>An image of 1000 x 800 pixels with the subject at 200, 100, of 400 x 500: the vectors of remove.bg's semantics.</summary>
    [Theory]
    [InlineData("", 1000, 800, "200 100 400 500")]
    [InlineData("crop=true", 400, 500, "0 0 400 500")]
    [InlineData("crop=true&crop_margin=30px", 460, 560, "30 30 400 500")]
    [InlineData("crop=true&crop_margin=10%", 480, 600, "40 50 400 500")]
    [InlineData("crop=true&crop_margin=10px 20px", 440, 520, "20 10 400 500")]
    [InlineData("crop=true&crop_margin=1px 2px 3px 4px", 406, 504, "4 1 400 500")]
    [InlineData("crop=true&crop_margin=2000px", 800, 1000, "200 250 400 500")]
    [InlineData("crop_margin=30px", 1000, 800, "200 100 400 500")]
    [InlineData("scale=80%", 1000, 800, "244 80 512 640")]
    [InlineData("scale=80%&position=0% 100%", 1000, 800, "0 160 512 640")]
    [InlineData("position=center", 1000, 800, "300 150 400 500")]
    [InlineData("position=100%", 1000, 800, "600 300 400 500")]
    [InlineData("scale=original&position=original", 1000, 800, "200 100 400 500")]
    [InlineData("scale=100%&position=original", 1000, 800, "80 0 640 800")]
    [InlineData("crop=true&scale=50%", 400, 500, "100 125 200 250")]
    [InlineData("output_size=2000x2000", 2000, 2000, "200 0 1600 2000")]
    [InlineData("output_size=2000x2000&padding=10%", 2000, 2000, "360 200 1280 1600")]
    [InlineData("output_size=500x500&scale=50%&position=0%", 500, 500, "0 0 200 250")]
    [InlineData("output_size=1000x1000", 1000, 1000, "100 0 800 1000")] // from here on Photoroom's
    [InlineData("output_size=1000x1000&padding=10%", 1000, 1000, "180 100 640 800")]
    [InlineData("output_size=1000x1000&padding=10%&position=0%", 1000, 1000, "100 100 640 800")]
    [InlineData("output_size=1000x1000&padding=0 200px 100px 100px&position=100% 0%", 1000, 1000, "100 0 700 875")]
    [InlineData("output_size=1000x1000&fit=cover", 1000, 1000, "0 -125 1000 1250")]
    [InlineData("output_size=1000x1000&fit=cover&padding=10%", 1000, 1000, "100 0 800 1000")]
    [InlineData("output_size=1000x1000&fit=cover&position=0%", 1000, 1000, "0 0 1000 1250")]
    [InlineData("output_size=1000x1000&fit=cover&scale=50%", 1000, 1000, "300 250 400 500")]
    [InlineData("fit=cover", 1000, 800, "200 100 400 500")]
    [InlineData("max_width=500", 500, 400, "100 50 200 250")]
    [InlineData("max_height=200", 250, 200, "50 25 100 125")]
    [InlineData("max_width=5000&max_height=5000", 1000, 800, "200 100 400 500")]
    [InlineData("crop=true&crop_margin=50px&max_width=250&max_height=250", 208, 250, "21 21 167 208")]
    [InlineData("output_size=2000x1000&max_width=100", 100, 50, "30 0 40 50")]
    public void Layout_IsWhereTheVendorsPutIt(string query, int width, int height, string subject)
    {
        var placement = Placement.Of(1000, 800, new(200, 100, 400, 500), Parse(query).Layout);

        (placement.Width, placement.Height).ShouldBe((width, height));
        placement.Subject.ToString().ShouldBe(subject);
    }

    [Fact]
    public void NoSubject_IsNotLaidOut()
    {
        var placement = Placement.Of(1000, 800, default, Parse("crop=true&scale=50%").Layout);

        (placement.Width, placement.Height, placement.Image).ShouldBe((1000, 800, new Box(0, 0, 1000, 800)));
    }

    [Theory]
    [InlineData("0 0 500px 100%", "0 0 500 800")]
    [InlineData("10% 10% 50% 50%", "100 80 400 320")]
    [InlineData("0 0 1000.6px 800px", "0 0 1000 800")]
    public void Region_IsInPixelsOfTheImage(string roi, string expected) =>
        Placement.Region(Parse($"roi={roi}").Layout.Roi, 1000, 800).ToString().ShouldBe(expected);

    [Theory]
    [InlineData("0 0 1002px 800px", "roi_exceeds_bounds")]
    [InlineData("0 0 101% 100%", "roi_exceeds_bounds")]
    [InlineData("500px 0 400px 100%", "roi_region_empty")]
    [InlineData("0 0 0.2px 100%", "roi_region_empty")]
    public void Region_OutsideOrEmpty_IsRefused(string roi, string code) =>
        Should.Throw<ProblemException>(() => Placement.Region(Parse($"roi={roi}").Layout.Roi, 1000, 800)).Problem.Code.ShouldBe(code);

    [Theory]
    [InlineData(1, 1, "scale=100%")]
    [InlineData(1, 16000, "scale=100%")]
    [InlineData(16383, 1, "output_size=16383x3000&scale=10%")]
    public void TinySubject_IsEnlargedWithinTheCanvas(int w, int h, string query)
    {
        var placement = Placement.Of(16383, 16000, new(5, 0, w, h), Parse(query).Layout);

        placement.Visible.Width.ShouldBeLessThanOrEqualTo(placement.Width);
        placement.Visible.IsEmpty.ShouldBeFalse();
        placement.Subject.Width.ShouldBeLessThanOrEqualTo(placement.Width);
        placement.Subject.Height.ShouldBeLessThanOrEqualTo(placement.Height);
    }
}
