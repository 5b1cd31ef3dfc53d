using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Fetching;

/// <summary>A picture that was fetched before.</summary>
public sealed class RevalidationIntegrationTests(FetchingGateway shared) : IClassFixture<FetchingGateway>
{
    private static int _seed = 9000;

    private readonly OriginServer _origin = shared.Origin;
    private readonly byte[] _photo = Images.Jpeg(seed: Interlocked.Increment(ref _seed));

    [Theory]
    [InlineData("\"v1\"", false)]
    [InlineData("W/\"v1\"", false)]
    [InlineData(null, true)]
    public async Task Unchanged_IsNotFetchedAgain(string? etag, bool hasDate)
    {
        var path = $"/unchanged-{_seed}.jpg";
        _origin.Serve(path, _photo, etag: etag, modified: hasDate ? DateTimeOffset.UnixEpoch.AddDays(1) : null);
        using var first = await CutAsync(path);
        using var second = await CutAsync(path);

        second.Cache().ShouldBe("hit");
        (await second.Content.ReadAsByteArrayAsync()).ShouldBe(await first.Content.ReadAsByteArrayAsync());
        Conditional(path).ShouldBe([false, true]);
        (await shared.App.MetricsAsync()).ShouldContain("rembg_gateway_fetches_total{result=\"not_modified\"}");
    }

    [Fact]
    public async Task UnchangedButOtherOptions_IsFetchedForThem()
    {
        const string Path = "/options.jpg";
        _origin.Serve(Path, _photo, etag: "\"1\"");
        (await CutAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var other = await CutAsync(Path, "&format=webp");

        other.StatusCode.ShouldBe(HttpStatusCode.OK);
        shared.Pod.Requests.Count(asked => asked.Image.SequenceEqual(_photo)).ShouldBe(2);
        Conditional(Path).ShouldBe([false, true, false]);
    }

    [Fact]
    public async Task Changed_IsTheNewPicture()
    {
        const string Path = "/changed.jpg";
        _origin.Serve(Path, Images.Jpeg(seed: 1_000_001), etag: "\"1\"");
        using var before = await CutAsync(Path);
        _origin.Serve(Path, _photo, etag: "\"2\"");

        using var after = await CutAsync(Path);

        after.Headers.ETag.ShouldNotBe(before.Headers.ETag);
        shared.Pod.Requests.Last().Image.ShouldBe(_photo);
    }

    [Fact]
    public async Task ChangedBetweenTheTwoQuestions_IsNeverStoredUnderTheWrongName()
    {
        const string Path = "/unstable.jpg";
        _origin.Serve(Path, Images.Jpeg(seed: 1_000_002), etag: "\"1\"");
        (await CutAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _origin.Answer(Path, async context =>
        {
            if (context.Request.Headers.IfNoneMatch.Count > 0) context.Response.StatusCode = 304;
            else await context.Response.Body.WriteAsync(_photo);
        });

        using var answer = await CutAsync(Path, "&format=webp");

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        shared.Pod.Requests.ShouldNotContain(asked => asked.Image.SequenceEqual(_photo));
    }

    [Theory]
    [InlineData("no-cache"), InlineData("no-store")]
    public async Task WhoWantsItAnew_HasItFetchedAnew(string directive)
    {
        var path = $"/anew-{directive}.jpg";
        _origin.Serve(path, _photo, etag: "\"1\"");
        (await CutAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var request = new HttpRequestMessage(HttpMethod.Post, Address(path)) { Headers = { { "Cache-Control", directive } } };

        (await shared.App.Client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);

        Conditional(path).ShouldBe([false, false]);
    }

    private string Address(string path, string more = "") => $"/v1/remove-background?image_url=http://{shared.Host}{path}{more}";

    private Task<HttpResponseMessage> CutAsync(string path, string more = "") => shared.App.Client.PostAsync(Address(path, more), null);

    /// <summary>Of each request for it, whether it only asked for a change.</summary>
    private IEnumerable<bool> Conditional(string path) =>
        _origin.Requests.Where(asked => asked.Path == path).Select(asked => asked.Headers.IfNoneMatch.Count + asked.Headers.IfModifiedSince.Count > 0);
}
