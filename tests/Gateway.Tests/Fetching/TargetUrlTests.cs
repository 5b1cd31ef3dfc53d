using Rembg.Gateway.Fetching;

namespace Rembg.Gateway.Tests.Fetching;

public class TargetUrlTests
{
    [Theory]
    [InlineData("http://example.com/a.jpg")]
    [InlineData("https://example.com:443/a.jpg?x=y#z")]
    [InlineData("HTTP://EXAMPLE.COM:80")]
    [InlineData("https://bücher.example/ä.jpg")]
    [InlineData("http://example.com:443/")]
    [InlineData("http://[2606:4700::1111]/")]
    public void UrlOfAPublicHost_MayBeAsked(string url) => TargetUrl.Parse(url, new()).ShouldNotBeNull();

    [Theory]
    [InlineData("")]
    [InlineData("example.com/a.jpg")]
    [InlineData("/etc/passwd")]
    [InlineData("//example.com/a.jpg")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.com/a.jpg")]
    [InlineData("gopher://example.com:80/_GET")]
    [InlineData("data:image/png;base64,AAAA")]
    [InlineData("javascript:alert(1)")]
    [InlineData("unix:/var/run/docker.sock")]
    [InlineData("jar:http://example.com!/a")]
    [InlineData("http:example.com")]
    [InlineData("http:///a.jpg")]
    [InlineData("http://")]
    [InlineData("http://user@example.com/")]
    [InlineData("http://user:secret@example.com/")]
    [InlineData("http://example.com:8080/")]
    [InlineData("http://example.com:22/")]
    [InlineData("http://example.com:0/")]
    [InlineData("http://example.com:99999/")]
    [InlineData("http://exa mple.com/")]
    [InlineData("http://example.com\n/")]
    [InlineData("http://a..b/")]
    [InlineData("http://-/")]
    [InlineData("http://%31%32%37.0.0.1/")]
    public void AnythingElse_MayNot(string url) => TargetUrl.Parse(url, new()).ShouldBeNull();

    [Fact]
    public void LongUrl_MayNot()
    {
        TargetUrl.Parse("http://example.com/".PadRight(TargetUrl.MaxLength, 'a'), new()).ShouldNotBeNull();
        TargetUrl.Parse("http://example.com/".PadRight(TargetUrl.MaxLength + 1, 'a'), new()).ShouldBeNull();
    }

    [Theory]
    [InlineData("http://cdn.example/", true)]
    [InlineData("http://CDN.example./", true)]
    [InlineData("http://a.shop.example/", true)]
    [InlineData("http://a.b.shop.example/", true)]
    [InlineData("http://shop.example/", false)]
    [InlineData("http://evilshop.example/", false)]
    [InlineData("http://cdn.example.evil.example/", false)]
    [InlineData("http://sub.cdn.example/", false)]
    public void AllowedHosts_AreTheOnlyOnes(string url, bool isAllowed)
    {
        var options = new FetchingOptions { AllowedHosts = { "cdn.example", "*.shop.example" } };

        (TargetUrl.Parse(url, options) is not null).ShouldBe(isAllowed);
    }

    [Theory]
    [InlineData("http://a.example/x/y", "z.jpg", "http://a.example/x/z.jpg")]
    [InlineData("http://a.example/x/y", "//b.example/z", "http://b.example/z")]
    [InlineData("http://a.example/", "https://a.example/", "https://a.example/")]
    [InlineData("https://a.example/", "http://a.example/", null)]
    [InlineData("http://a.example/", "http://user@a.example/", null)]
    [InlineData("http://a.example/", "//a.example:6379/", null)]
    [InlineData("http://a.example/", "file:///etc/passwd", null)]
    public void Redirect_LeadsOnlyWhereAUrlMay(string from, string location, string? to) =>
        TargetUrl.Follow(new(from), new(location, UriKind.RelativeOrAbsolute), new())?.ToString().ShouldBe(to);
}
