using System.Net;
using System.Net.Http.Headers;
using NetVips;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>A sound photograph that goes in between hostile ones: its answer stays what it was before the first of them.</summary>
internal sealed class GoodPhoto
{
    private readonly HttpClient _http;
    private readonly Uri _infer;
    private byte[] _expected = [];
    private int _sent;

    private GoodPhoto(HttpClient http, Uri pod) => (_http, _infer) = (http, new(pod, "/v1/infer"));

    public int Sent => _sent;

    /// <summary>The first time, when it is judged by itself: right size, and the photograph's own colours wherever it is opaque.</summary>
    public static async Task<GoodPhoto> FirstAsync(HttpClient http, Uri pod)
    {
        var good = new GoodPhoto(http, pod);
        good._expected = await good.SendAsync();
        using var cutout = Image.NewFromBuffer(good._expected);
        using var photo = Image.NewFromBuffer(Photos.Astronaut);
        (cutout.Width, cutout.Height, cutout.Bands).ShouldBe((photo.Width, photo.Height, 4));
        using var difference = (cutout.ExtractBand(0, 3) - photo.ExtractBand(0, 3)).Abs();
        using var opaque = cutout[3].Equal(255);
        opaque.Avg().ShouldBeGreaterThan(0);
        (difference & opaque.Bandjoin([opaque, opaque])).Max().ShouldBe(0);
        return good;
    }

    public async Task AgainAsync() => (await SendAsync()).AsSpan().SequenceEqual(_expected).ShouldBeTrue("a sound photograph is answered as before");

    private async Task<byte[]> SendAsync()
    {
        Interlocked.Increment(ref _sent);
        using var content = new ByteArrayContent(Photos.Astronaut) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var response = await _http.PostAsync(_infer, content);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsByteArrayAsync();
    }
}
