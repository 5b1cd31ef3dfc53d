using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tests.Fetching;
using Rembg.Gateway.Tests.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

/// <summary>An image behind the subject, on its way to the pod.</summary>
public sealed class BackgroundIntegrationTests : IClassFixture<FetchingGateway>
{
    private const string Own = "/v1/remove-background", RemoveBg = "/v1.0/removebg";
    private static int _seed = 40_000;

    private readonly FetchingGateway _shared;
    private readonly byte[] _photo = Images.Jpeg(seed: Interlocked.Increment(ref _seed));
    private readonly byte[] _beach = Images.Jpeg(3000, seed: Interlocked.Increment(ref _seed));

    public BackgroundIntegrationTests(FetchingGateway shared)
    {
        (_shared, shared.Pod.Always) = (shared, PodScripts.Cutout());
        shared.Pod.Requests.Clear();
        shared.Origin.Serve("/beach.jpg", _beach);
        shared.Origin.Serve("/photo.jpg", _photo);
        shared.Origin.Serve("/page.html", "<html>"u8.ToArray());
    }

    private string Asked => $"bg_image={_beach.Length}-{Convert.ToHexStringLower(SHA256.HashData(_beach))}";

    public static TheoryData<string, string, bool> Fields => new()
    {
        { Own, "bg_image", true }, { Own, "bg_image", false }, { RemoveBg, "bg_image_file", true }, { RemoveBg, "bg_image_file", false },
    };

    [Theory, MemberData(nameof(Fields))]
    public async Task File_GoesToThePodBehindTheImage(string path, string field, bool isFirst)
    {
        using var answer = await PostAsync(path, isFirst ? [(field, _beach), ("image_file", _photo)] : [("image_file", _photo), (field, _beach)]);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        ShouldHaveSentBoth();
    }

    [Theory]
    [InlineData(Own, "image_url", "bg_image_url")]
    [InlineData(RemoveBg, "image_url", "bg_image_url")]
    public async Task Urls_AreReadLikewise(string path, string image, string background)
    {
        for (var i = 0; i < 2; i++) // the second time both could be revalidated
        {
            using var answer = await _shared.App.Client.PostAsync(path, JsonContent.Create(new Dictionary<string, string>
            {
                [image] = $"http://{_shared.Host}/photo.jpg",
                [background] = $"http://{_shared.Host}/beach.jpg",
                ["size"] = i == 0 ? "hd" : "medium",
            }));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
            ShouldHaveSentBoth();
        }
    }

    [Fact]
    public async Task OtherBackground_IsAnotherCutoutWithTheSameMask()
    {
        using var first = await PostAsync(Own, [("file", _photo), ("bg_image", _beach)]);
        using var again = await PostAsync(Own, [("bg_image", _beach), ("file", _photo)]);
        using var other = await PostAsync(Own, [("file", _photo), ("bg_image", Images.Jpeg(seed: 7))]);
        using var none = await PostAsync(Own, [("file", _photo)]);

        new[] { first, again, other, none }.Select(answer => answer.Cache()).ShouldBe(["miss", "hit", "mask", "mask"]);
        _shared.Pod.Requests.Last().Image.ShouldBe(_photo);
    }

    [Fact]
    public async Task Task_KeepsTheBackgroundWithItsImage()
    {
        using var answer = await PostAsync("/v1/tasks", [("file", _photo), ("bg_image", _beach)]);
        await _shared.App.Client.EndOfAsync((await answer.ReadTaskAsync()).Id);

        ShouldHaveSentBoth();
        using var now = await PostAsync(Own, [("file", _photo), ("bg_image", _beach)]);
        now.Cache().ShouldBe("hit");
    }

    [Theory]
    [InlineData("bg_image=5-00", "invalid_parameter", "bg_image must be a file in a multipart form.")]
    [InlineData("bg_image_url=ftp://public.example/a.jpg", "invalid_parameter", "bg_image_url must be")]
    [InlineData("bg_image_url=http://HOST/nothing.jpg", "download_failed", "The host answered with HTTP status 404.")]
    [InlineData("bg_image_url=http://HOST/page.html", "unsupported_format", "Formats that are read")]
    [InlineData("bg_image_url=http://HOST/beach.jpg&bg_color=red", "multiple_bg_sources", "one background")]
    [InlineData("bg_image_url=http://HOST/beach.jpg&channels=alpha", "invalid_parameter", "bg_image cannot be combined with channels=alpha: a mask has no background.")]
    public async Task WhatCannotBeUsed_IsRefusedWithItsName(string query, string code, string detail)
    {
        using var answer = await _shared.App.Client.PostAsync($"{Own}?{query.Replace("HOST", _shared.Host, StringComparison.Ordinal)}", new ByteArrayContent(_photo));

        var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("detail").GetString()!.ShouldContain(detail);
        _shared.Pod.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task FileThatIsNoImage_IsNamed()
    {
        using var answer = await PostAsync(Own, [("file", _photo), ("bg_image", [1, 2, 3])]);
        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("bg_image: ");
    }

    [Theory]
    [InlineData("bg_color", "red")]
    [InlineData("bg_image_url", "http://HOST/beach.jpg")]
    public async Task FileBesideAnotherBackground_IsRefused(string field, string value)
    {
        foreach (var (path, file) in new[] { (Own, "bg_image"), (RemoveBg, "bg_image_file") })
        {
            using var answer = await PostAsync(path, [("image_file", _photo), (file, _beach)], (field, value.Replace("HOST", _shared.Host, StringComparison.Ordinal)));
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("multiple_bg_sources");
        }
    }

    [Theory]
    [InlineData("auto", "jpg")]
    [InlineData("png", null)]
    public async Task RemoveBgsAutomaticFormat_IsJpegOverAnOpaqueBackground(string format, string? asked)
    {
        using var answer = await PostAsync(RemoveBg, [("image_file", _photo), ("bg_image_file", _beach)], ("format", format), ("size", "full"));
        _shared.Pod.Requests.Single().Query.ShouldBe($"?model=model-a{(asked is null ? "" : $"&format={asked}")}&{Asked}");
    }

    [Fact]
    public async Task RemoveBgsMask_HasNoBackground()
    {
        using var answer = await PostAsync(RemoveBg, [("image_file", _photo), ("bg_image_file", _beach)], ("channels", "alpha"), ("size", "full"));
        var sent = _shared.Pod.Requests.Single();
        (sent.Query, sent.Image.Length).ShouldBe(("?model=model-a&channels=alpha", _photo.Length));
    }

    [Fact]
    public async Task EmptyFields_AreNoBackgroundForRemoveBg()
    {
        using var answer = await PostAsync(RemoveBg, [("image_file", _photo), ("bg_image_file", [])], ("bg_image_url", ""), ("bg_color", "red"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        _shared.Pod.Requests.Single().Background.ShouldBeEmpty();
    }

    [Fact]
    public async Task EachFileMayBeAsLargeAsAnImage_AndNoLarger()
    {
        var (most, more) = (Images.Jpeg(FetchingGateway.MaxBytes), Images.Jpeg(FetchingGateway.MaxBytes + 1));
        (await PostAsync(Own, [("file", most), ("bg_image", most)])).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await PostAsync(Own, [("file", _photo), ("bg_image", more)])).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task PodThatCannotDecodeIt_SaysSo()
    {
        _shared.Pod.Always = PodScripts.Refuses(Problem.Truncated().Of("bg_image"));
        using var answer = await PostAsync(Own, [("file", _photo), ("bg_image", _beach)]);
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("bg_image: The file looks cut off");
    }

    private void ShouldHaveSentBoth()
    {
        var sent = _shared.Pod.Requests.Last();
        sent.Image.ShouldBe(_photo);
        sent.Background.ShouldBe(_beach);
        sent.Query.ShouldEndWith(Asked);
    }

    private Task<HttpResponseMessage> PostAsync(string path, (string Field, byte[] File)[] files, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields) form.Add(new StringContent(value), name);
        foreach (var (field, file) in files)
        {
            if (file.Length == 0) form.Add(new ByteArrayContent([]), field);
            else form.Add(new ByteArrayContent(file), field, "a.jpg");
        }
        return _shared.App.Client.PostAsync(path, form);
    }
}
