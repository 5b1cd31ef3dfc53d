using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Tests.Clients;
using Rembg.Gateway.Tests.Fetching;
using Rembg.Gateway.Tests.Tasks.Webhooks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks.Batches;

/// <summary>Batches over HTTP, on a real Redis.</summary>
[Trait("Category", "Slow")]
public sealed class BatchIntegrationTests : IAsyncLifetime
{
    private readonly FetchingGateway _hosts = new();
    private RedisServer _redis = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(appendOnly: true);
        await _hosts.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _hosts.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Files_EachBecomesATaskAndTheResultIsOneZip()
    {
        var secret = WebhookSecret.Create();
        var receiver = new WebhookReceiver(_hosts.Origin, "/hook", _ => 200);
        await using var gateway = await StartAsync("Webhooks:AllowHttp=true", $"Webhooks:Secrets:0={secret}");

        using var form = Form([("webhook_url", $"http://{_hosts.Host}/hook"), ("format", "webp")],
            ("one.jpg", Images.Jpeg(seed: 1)), ("two.jpg", Images.Jpeg(seed: 2)), ("folder/one.png", Images.Jpeg(seed: 3)), ("text.jpg", "no image"u8.ToArray()));
        using var accepted = await gateway.Client.PostAsync("/v1/batches", form);
        var batch = await ReadAsync(accepted, HttpStatusCode.Accepted);
        batch.GetProperty("total").GetInt32().ShouldBe(4);
        batch.GetProperty("refused").GetInt32().ShouldBe(1);
        batch.GetProperty("images")[3].GetProperty("error").GetProperty("code").GetString().ShouldBe("unsupported_format");
        var id = batch.GetProperty("id").GetString()!;
        accepted.Headers.Location!.ToString().ShouldBe($"/v1/batches/{id}");

        batch = await EndOfAsync(gateway, id);
        batch.GetProperty("succeeded").GetInt32().ShouldBe(3);
        batch.GetProperty("unfinished").GetInt32().ShouldBe(0);

        using var zip = new ZipArchive(await gateway.Client.GetStreamAsync($"/v1/batches/{id}/result"));
        zip.Entries.Select(entry => entry.FullName).ShouldBe(["one.webp", "two.webp", "one-2.webp", "errors.json"]);
        zip.Entries[0].Length.ShouldBe(1000);
        using (var errors = await JsonDocument.ParseAsync(zip.Entries[3].Open())) errors.RootElement[0].GetProperty("name").GetString().ShouldBe("text.jpg");

        await Eventually.TrueAsync(() => receiver.Received.Count == 1, "the end of the batch is told");
        receiver.Received[0].IsSignedWith(secret).ShouldBeTrue();
        receiver.Received[0].Json.GetProperty("type").GetString().ShouldBe("batch.completed");
        receiver.Received[0].Json.GetProperty("data").GetProperty("succeeded").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Urls_AreFetchedAndFailAlone()
    {
        _hosts.Origin.Serve("/a.jpg", Images.Jpeg(seed: 1));
        await using var gateway = await StartAsync();
        var body = JsonSerializer.Serialize(new { images = new object[] { new { url = $"http://{_hosts.Host}/a.jpg", id = "mine" }, new { url = $"http://{_hosts.Host}/none.jpg" }, new { url = 1 } }, format = "webp" });

        using var accepted = await gateway.Client.PostAsync("/v1/batches", new StringContent(body, Encoding.UTF8, "application/json"));
        var batch = await ReadAsync(accepted, HttpStatusCode.Accepted);

        batch.GetProperty("images")[0].GetProperty("name").GetString().ShouldBe("mine");
        batch.GetProperty("images")[1].GetProperty("error").GetProperty("code").GetString().ShouldBe("download_failed");
        batch.GetProperty("images")[2].GetProperty("error").GetProperty("code").GetString().ShouldBe("invalid_parameter");
        (await EndOfAsync(gateway, batch.GetProperty("id").GetString()!)).GetProperty("succeeded").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Deleted_ItsTasksAreGoneAndNobodyIsTold()
    {
        var open = new TaskCompletionSource();
        _hosts.Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync();
        using var form = Form([], ("1.jpg", Images.Jpeg(seed: 1)), ("2.jpg", Images.Jpeg(seed: 2)));
        var batch = await ReadAsync(await gateway.Client.PostAsync("/v1/batches", form), HttpStatusCode.Accepted);
        var id = batch.GetProperty("id").GetString();
        (await gateway.Client.GetAsync($"/v1/batches/{id}/result")).StatusCode.ShouldBe(HttpStatusCode.Conflict);

        (await gateway.Client.DeleteAsync($"/v1/batches/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await gateway.Client.GetAsync($"/v1/batches/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        foreach (var image in batch.GetProperty("images").EnumerateArray())
            (await gateway.Client.GetAsync($"/v1/tasks/{image.GetProperty("id").GetString()}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _redis.CommandAsync("KEYS rembg:{tasks}:2:batch*")).ShouldBe("*0");
        open.SetResult();
    }

    [Fact]
    public async Task DeletedTaskOfABatch_CountsAsCancelledAndTheBatchEnds()
    {
        var open = new TaskCompletionSource();
        _hosts.Pod.Always = PodScripts.After(open.Task, PodScripts.Cutout());
        await using var gateway = await StartAsync();
        using var form = Form([], ("1.jpg", Images.Jpeg(seed: 1)), ("2.jpg", Images.Jpeg(seed: 2)));
        var batch = await ReadAsync(await gateway.Client.PostAsync("/v1/batches", form), HttpStatusCode.Accepted);
        await gateway.Client.DeleteAsync($"/v1/tasks/{batch.GetProperty("images")[0].GetProperty("id").GetString()}");
        open.SetResult();

        batch = await EndOfAsync(gateway, batch.GetProperty("id").GetString()!);
        batch.GetProperty("cancelled").GetInt32().ShouldBe(1);
        batch.GetProperty("succeeded").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task UploadThatBreaksOff_TakesItsBatchWithIt()
    {
        await using var gateway = await StartAsync("Tasks:MaxRunning=0");
        var body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"1.jpg\"\r\n\r\n"u8.ToArray().Concat(Images.Jpeg())
            .Concat("\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"2.jpg\"\r\n\r\nhalf a"u8.ToArray()).ToArray();
        using var content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b") } };

        (await gateway.Client.PostAsync("/v1/batches", content)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        (await _redis.CommandAsync("KEYS rembg:{tasks}:2:batch*")).ShouldBe("*0");
        (await _redis.CommandAsync("HGET rembg:{tasks}:2:usage tasks")).ShouldBe("$-1");
    }

    [Fact]
    public async Task MoreThanTheShare_IsRefusedImageByImageAndBatchByBatch()
    {
        await using var gateway = await StartAsync("Tasks:MaxRunning=0", "Tasks:ClientShare=1", "Tasks:MaxUnfinished=2", "Tasks:MaxBatches=1");
        using var form = Form([], [.. Enumerable.Range(0, 5).Select(i => ($"{i}.jpg", Images.Jpeg(seed: i)))]);
        var batch = await ReadAsync(await gateway.Client.PostAsync("/v1/batches", form), HttpStatusCode.Accepted);

        batch.GetProperty("refused").GetInt32().ShouldBe(3);
        batch.GetProperty("images")[4].GetProperty("error").GetProperty("status").GetInt32().ShouldBe(503);
        using var second = Form([], ("1.jpg", Images.Jpeg()));
        (await gateway.Client.PostAsync("/v1/batches", second)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task ThousandFilesAndNoMore_AreTaken()
    {
        await using var gateway = await StartAsync("Tasks:MaxRunning=0", "Tasks:ClientShare=1");
        using var form = Form([], [.. Enumerable.Range(0, 1000).Select(i => ($"{i}.jpg", Images.Jpeg(100, i)))]);
        var batch = await ReadAsync(await gateway.Client.PostAsync("/v1/batches", form), HttpStatusCode.Accepted);
        batch.GetProperty("unfinished").GetInt32().ShouldBe(1000);
        await gateway.Client.DeleteAsync($"/v1/batches/{batch.GetProperty("id").GetString()}");

        using var more = Form([], [.. Enumerable.Range(0, 1001).Select(i => ($"{i}.jpg", Images.Jpeg(100, i)))]);
        (await gateway.Client.PostAsync("/v1/batches", more)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await _redis.CommandAsync("HGET rembg:{tasks}:2:usage tasks")).ShouldBe("$-1");
    }

    [Fact]
    public async Task BackgroundImage_IsRefusedAndNotTakenForOneOfTheImages()
    {
        await using var gateway = await StartAsync();

        using var form = new MultipartFormDataContent { { new ByteArrayContent(Images.Jpeg(seed: 1)), "bg_image", "beach.jpg" }, { new ByteArrayContent(Images.Jpeg()), "file", "1.jpg" } };
        using var refused = await gateway.Client.PostAsync("/v1/batches", form);

        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("bg_image is not taken by a batch");
    }

    [Fact]
    public async Task AnotherClientsBatch_IsUnknown()
    {
        var (mine, other) = (TestKey.Create("shop-a"), TestKey.Create("shop-b"));
        await using var gateway = await StartAsync(TestKey.Settings(mine, other));
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", mine.Text);
        using var form = Form([], ("1.jpg", Images.Jpeg()));
        var id = (await ReadAsync(await gateway.Client.PostAsync("/v1/batches", form), HttpStatusCode.Accepted)).GetProperty("id").GetString()!;
        gateway.Client.DefaultRequestHeaders.Remove("X-Api-Key");
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", other.Text);

        foreach (var path in (string[])[$"/v1/batches/{id}", $"/v1/batches/{id}/result"]) (await gateway.Client.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.Client.DeleteAsync($"/v1/batches/{id}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"images\":[]}")]
    [InlineData("{\"images\":{}}")]
    [InlineData("{\"images\":[{}],\"format\":[]}")]
    [InlineData("{\"images\":[{}],\"format\":\"bmp2\"}")]
    [InlineData("{\"images\":[{}]")]
    [InlineData("")]
    [InlineData("{\"images\":[{\"url\":\"\\ud800\"}]}")]
    [InlineData("{\"images\":[{}],\"\\ud800\":1}")]
    [InlineData("{\"images\":[{}],\"format\":\"\\ud800\"}")]
    public async Task JsonThatIsNoBatch_Is400(string body)
    {
        await using var gateway = await StartAsync();
        using var answer = await gateway.Client.PostAsync("/v1/batches", new StringContent(body, Encoding.UTF8, "application/json"));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private Task<GatewayApp> StartAsync(params string[] settings) => _hosts.StartAsync([$"ConnectionStrings:Redis={_redis.ConnectionString}", "Tasks:PollEvery=00:00:00.1", .. settings]);

    private static async Task<JsonElement> EndOfAsync(GatewayApp gateway, string id)
    {
        JsonElement batch = default;
        await Eventually.TrueAsync(async () =>
        {
            batch = JsonElement.Parse(await gateway.Client.GetStringAsync($"/v1/batches/{id}"));
            return batch.GetProperty("status").GetString() == "completed";
        }, "the batch ends");
        return batch;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(status, text);
        return JsonElement.Parse(text);
    }

    private static MultipartFormDataContent Form((string Name, string Value)[] fields, params (string Name, byte[] Bytes)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields) form.Add(new StringContent(value), name);
        foreach (var (name, bytes) in files) form.Add(new ByteArrayContent(bytes), "file", name);
        return form;
    }
}
