using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Contract.Tests;

public class CutoutOptionsTests
{
    [Fact]
    public void NoParameters_AreTheDefaults() => Parse().ShouldBe(CutoutOptions.Default);

    [Fact]
    public void Defaults_AreNotInTheCanonicalQuery()
    {
        CutoutOptions.Default.ToQuery().ShouldBe("");
        Parse(("format", "png"), ("channels", "rgba"), ("size", "full"), ("post_process_mask", "false")).ToQuery().ShouldBe("");
        Parse(("size", "hd")).ToQuery().ShouldBe("size=hd", "an option is sent by whom it is asked for, and alone");
    }

    [Fact]
    public void EveryParameter_SurvivesTheCanonicalQuery()
    {
        var options = Parse(("model", "isnet-anime"), ("format", "webp"), ("size", "hd"), ("bg_color", "#0f08"), ("post_process_mask", "true"));

        options.ToQuery().ShouldBe("model=isnet-anime&format=webp&size=hd&bg_color=00ff0088&post_process_mask=true");
        Parse([.. options.ToQuery().Split('&').Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))]).ShouldBe(options);
    }

    [Fact]
    public void Background_IsInTheCanonicalQueryAndNoParameterOfAClient()
    {
        var background = new BackgroundImage(1234, new('a', 64));
        var options = CutoutOptions.Parse([new("size", "hd")], background);

        options.ToQuery().ShouldBe($"size=hd&bg_image=1234-{background.Sha256}");
        CutoutOptions.FromQuery([new("size", "hd"), new("bg_image", background.ToString())]).ShouldBe(options);
        options.OfMask().ShouldBe(CutoutOptions.Default);
        Should.Throw<ProblemException>(() => Parse(("bg_image", background.ToString()))).Problem.Code.ShouldBe("invalid_parameter");
        Should.Throw<ProblemException>(() => CutoutOptions.FromQuery([new("bg_image", "5-aa")])).Problem.Parameter.ShouldBe("bg_image");
        Should.Throw<ProblemException>(() => CutoutOptions.FromQuery([new("bg_image", background.ToString()), new("bg_image", background.ToString())])).Problem.Parameter.ShouldBe("bg_image");
        Should.Throw<ProblemException>(() => CutoutOptions.Parse([new("bg_color", "red")], background)).Problem.Code.ShouldBe("multiple_bg_sources");
        Should.Throw<ProblemException>(() => CutoutOptions.Parse([new("channels", "alpha")], background)).Problem.Parameter.ShouldBe("bg_image");
    }

    [Theory]
    [InlineData("bg_color", "fff", "bg_color", "white")]
    [InlineData("format", "jpeg", "format", "jpg")]
    [InlineData("bg_blur", "02.50%", "bg_blur", "2.5%")]
    public void DifferentSpellings_HaveOneCanonicalForm(string name, string value, string otherName, string otherValue) =>
        Parse((name, value)).ToQuery().ShouldBe(Parse((otherName, otherValue)).ToQuery());

    [Theory]
    [InlineData("size", "-1")]
    [InlineData("size", "NaN")]
    [InlineData("size", "1")]
    [InlineData("format", "gif")]
    [InlineData("quality", "0")]
    [InlineData("quality", "101")]
    [InlineData("quality", "90.5")]
    [InlineData("format", "PNG")]
    [InlineData("format", "")]
    [InlineData("bg_color", "12345")]
    [InlineData("bg_color", "ActiveBorder")]
    [InlineData("bg_color", "+1+1+1")]
    [InlineData("bg_blur", "2")]
    [InlineData("bg_blur", "2px")]
    [InlineData("bg_blur", "0%")]
    [InlineData("bg_blur", "5.1%")]
    [InlineData("bg_blur", "NaN%")]
    [InlineData("post_process_mask", "yes")]
    [InlineData("model", "../../etc/passwd")]
    [InlineData("sise", "hd")]
    public void BadParameter_IsNamedInTheProblem(string name, string value)
    {
        var problem = Should.Throw<ProblemException>(() => Parse((name, value))).Problem;

        problem.Status.ShouldBe(400);
        problem.Code.ShouldBe("invalid_parameter");
        problem.Detail.ShouldNotBeNull().ShouldStartWith(name);
    }

    [Fact]
    public void RepeatedParameter_IsRefused() =>
        Should.Throw<ProblemException>(() => Parse(("size", "hd"), ("size", "hd"))).Problem.Detail.ShouldNotBeNull().ShouldContain("more than once");

    [Theory]
    [InlineData("channels", "alpha", "bg_color", "red")]
    [InlineData("channels", "alpha", "bg_blur", "1%")]
    [InlineData("bg_color", "red", "bg_blur", "1%")]
    [InlineData("channels", "alpha", "format", "zip")]
    [InlineData("quality", "80", "format", "png")]
    [InlineData("quality", "80", "format", "zip")]
    public void WishesThatContradictEachOther_AreRefused(string name, string value, string otherName, string otherValue) =>
        Should.Throw<ProblemException>(() => Parse((name, value), (otherName, otherValue))).Problem.Status.ShouldBe(400);

    private static CutoutOptions Parse(params (string Name, string Value)[] parameters) =>
        CutoutOptions.Parse(parameters.Select(p => KeyValuePair.Create(p.Name, p.Value)));
}
