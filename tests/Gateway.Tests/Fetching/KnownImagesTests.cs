using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Fetching;

namespace Rembg.Gateway.Tests.Fetching;

public class KnownImagesTests
{
    private static readonly byte[] Hash = [1, 2, 3];

    private readonly FakeTimeProvider _time = new();
    private readonly KnownImages _known;

    public KnownImagesTests() => _known = new(Options.Create(new FetchingOptions { MaxKnownUrls = 3 }), _time);

    [Fact]
    public void KnownUrl_IsAskedWhetherItHasChanged()
    {
        Remember("http://a.example/1?key=x", etag: "W/\"v1\"", modified: DateTimeOffset.UnixEpoch);
        var request = Request("http://a.example/1?key=x");

        _known.AskWhetherChanged(request).ShouldBeTrue();

        request.Headers.IfNoneMatch.ToString().ShouldBe("W/\"v1\"");
        request.Headers.IfModifiedSince.ShouldBe(DateTimeOffset.UnixEpoch);
        KnownImages.HashOf(new(HttpStatusCode.NotModified) { RequestMessage = request }).ShouldBe(Hash);
        _known.AskWhetherChanged(Request("http://a.example/1?key=y")).ShouldBeFalse();
    }

    [Fact]
    public void HostThatGaveNothingToTellAChangeBy_IsAskedForAllOfIt()
    {
        Remember("http://a.example/1");
        Remember("http://a.example/2", etag: $"\"{new string('x', 300)}\"");
        Remember("http://a.example/3", etag: "\"1\"", noStore: true);

        _known.Count.ShouldBe(0);
    }

    [Fact]
    public void Table_IsBounded_AndTheOldestMakeWay()
    {
        foreach (var i in new[] { 1, 2, 3, 1, 4 }) Remember($"http://a.example/{i}", etag: "\"1\"");

        _known.Count.ShouldBe(3);
        new[] { 1, 2, 3, 4 }.Where(i => _known.AskWhetherChanged(Request($"http://a.example/{i}"))).ShouldBe([1, 3, 4]);
    }

    [Fact]
    public void Entry_IsShortLived()
    {
        Remember("http://a.example/1", etag: "\"1\"");

        _time.Advance(TimeSpan.FromMinutes(11));

        _known.AskWhetherChanged(Request("http://a.example/1")).ShouldBeFalse();
        Remember("http://a.example/2", etag: "\"1\"");
        _known.Count.ShouldBe(1);
    }

    private static HttpRequestMessage Request(string url) => new(HttpMethod.Get, url);

    private void Remember(string url, string? etag = null, DateTimeOffset? modified = null, bool noStore = false)
    {
        var answer = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = Request(url), Content = new ByteArrayContent([]) };
        if (etag is not null) answer.Headers.TryAddWithoutValidation("ETag", etag);
        if (noStore) answer.Headers.CacheControl = new() { NoStore = true };
        answer.Content.Headers.LastModified = modified;
        _known.Remember(answer, Hash);
    }
}
