using System.Net;
using System.Net.Http.Headers;
using Rembg.Hostile;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>The most expensive file of each kind, four at once: a pod serves or refuses them within the memory of its formula, and says nothing in its log.</summary>
public class ExpensiveFilesTests(ITestOutputHelper output)
{
    private const int AtOnce = 4;
    private const double Megapixels = 6;

    private static readonly (string What, Func<byte[]> Make)[] Small =
    [
        ("texts of 7 MiB", () => ExpensiveFiles.Texts(7)), ("texts of 48 MiB", () => ExpensiveFiles.Texts(48)), ("international texts of 7 MiB", () => ExpensiveFiles.Texts(7, international: true)),
        ("80,000 invalid chunks", () => ExpensiveFiles.InvalidChunks(80_000)), ("9,000 invalid chunks", () => ExpensiveFiles.InvalidChunks(9_000)),
        ("JPEG of 7071 x 7071 without data", () => ExpensiveFiles.LargerThanItsData(7071)), ("flat WebP of 49 megapixels", () => ExpensiveFiles.FlatWebp(7000)),
    ];

    [Fact]
    public async Task FilesThatCostMost_StayWithinThePodsMemoryAndHarmNobody()
    {
        await using var platform = await Testing.Platform.StartAsync();
        var pod = platform.Pods[0];
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        var good = await GoodPhoto.FirstAsync(http, pod.Address);

        foreach (var (what, make) in ExpensiveFiles.All(Megapixels).Concat(Small))
        {
            var file = make();
            var statuses = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(number => SendAsync(http, pod.Address, file, number)));
            await good.AgainAsync();
            output.WriteLine($"{what}, {file.Length:N0} bytes: {string.Join(' ', statuses.Select(status => (int)status))}, peak {pod.PeakResidentBytes >> 20} MiB");
            statuses.ShouldAllBe(status => status == HttpStatusCode.OK || status == HttpStatusCode.UnprocessableEntity, what);
        }

        pod.PeakResidentBytes.ShouldBeLessThan(HostileInputTests.MaxPodBytes);
        pod.HasExited.ShouldBeFalse();
        pod.Log.ShouldNotContain("VIPS");
        pod.Log.ShouldNotContain("fail:");
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient http, Uri pod, byte[] file, int number)
    {
        using var content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var answer = await http.PostAsync(new Uri(pod, number == 0 ? "/v1/infer?format=webp" : number == 1 ? "/v1/infer?post_process_mask=true" : "/v1/infer"), content);
        _ = await answer.Content.ReadAsByteArrayAsync();
        return answer.StatusCode;
    }
}
