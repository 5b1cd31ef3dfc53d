using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Contract.Models;
using Rembg.Inference.Admission;
using Rembg.Inference.Models;
using Rembg.Inference.Tests.Imaging;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Http;

public class InferEndpointTests
{
    private const long AllPixels = 512 << 20; // of Admission:MaxPixelMiB

    [Fact]
    public async Task Photo_ComesBackAsCutoutWithItsStory()
    {
        await using var pod = await Pod.StartAsync();

        var answer = await pod.InferAsync(Photos.Rocket);
        var png = await answer.Content.ReadAsByteArrayAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        png[..8].ShouldBe([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Header(answer, "X-Width").ShouldBe("640");
        Header(answer, "X-Height").ShouldBe("427");
        Header(answer, "X-Max-Height").ShouldBe("427");
        Header(answer, "X-Foreground").Split(' ').Length.ShouldBe(4);
        Header(answer, "X-Batch-Size").ShouldBe("1");
        Header(answer, "X-Frames").ShouldBe("1");
        Header(answer, "X-Load").ShouldBe("1");
        Header(answer, "Server-Timing").ShouldMatch(@"^decode;dur=[\d.]+, queue;dur=[\d.]+, infer;dur=[\d.]+$");
    }

    [Fact]
    public async Task Version_IsThatOfTheModelsList()
    {
        await using var pod = await Pod.StartAsync("--Models:Names=tiny,small");
        var models = (await pod.Http.GetFromJsonAsync("/v1/models", ModelJson.Default.ModelList))!.Models;

        models.Select(model => model.Version.ShouldNotBeNull()).Distinct().Count().ShouldBe(2);
        foreach (var model in models)
            Header(await pod.InferAsync(Photos.Rocket, $"?model={model.Name}"), "X-Version").ShouldBe(model.Version);
    }

    [Fact]
    public async Task OptionsOfAnOlderGateway_WhichSendsDefaultsToo_AreUnderstood()
    {
        await using var pod = await Pod.StartAsync();
        (await pod.InferAsync(Photos.Rocket, "?model=tiny&format=png&channels=rgba&size=full")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("?format=webp", "image/webp")]
    [InlineData("?format=jpg&bg_color=red", "image/jpeg")]
    [InlineData("?format=zip", "application/zip")]
    [InlineData("?channels=alpha&size=preview", "image/png")]
    public async Task Options_AreHonoured(string query, string contentType)
    {
        await using var pod = await Pod.StartAsync();
        var answer = await pod.InferAsync(Photos.Rocket, query);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(contentType);
    }

    [Fact]
    public async Task Models_AreListed()
    {
        await using var pod = await Pod.StartAsync();
        var list = await pod.Http.GetFromJsonAsync("/v1/models", ModelJson.Default.ModelList);

        list!.Default.ShouldBe("tiny");
        list.Pipeline.ShouldNotBeEmpty();
        var model = list.Models.ShouldHaveSingleItem();
        model.InputWidth.ShouldBe(64);
        model.Provider.ShouldBe("cpu");
        model.BatchSizes.ShouldBe([1]);
        model.Digest.Length.ShouldBe(64);
    }

    [Theory]
    [InlineData("AVX512-VNNI", "int8")]
    [InlineData(null, "full")]
    public async Task Precision_FollowsTheProcessor_AndShowsEverywhere(string? dotProducts, string precision)
    {
        await using var pod = await Pod.StartAsync(builder => builder.Services.AddSingleton(new DotProducts(dotProducts)), "--Models:Names=both");

        var model = (await pod.Http.GetFromJsonAsync("/v1/models", ModelJson.Default.ModelList))!.Models.ShouldHaveSingleItem();
        model.Precision.ShouldBe(precision);
        (await pod.MetricsAsync()).ShouldContain($$"""rembg_inference_model_precision{model="both",precision="{{precision}}"} 1""");
        var file = Path.Combine(pod.Services.GetRequiredService<IOptions<ModelOptions>>().Value.Directory, precision == "int8" ? "both.int8.json" : "both.json");
        model.Version!.ShouldEndWith(ModelSpec.Read(file).Fingerprint(), customMessage: "gateways keep the answers of the two apart");
        Header(await pod.InferAsync(Photos.Rocket), "X-Version").ShouldBe(model.Version);
    }

    [Fact]
    public async Task SeveralModels_AnswerByTheirNames()
    {
        await using var pod = await Pod.StartAsync("--Models:Names=tiny, small");

        var list = await pod.Http.GetFromJsonAsync("/v1/models", ModelJson.Default.ModelList);
        list!.Default.ShouldBe("tiny");
        list.Models.Select(model => (model.Name, model.InputWidth)).ShouldBe([("tiny", 64), ("small", 32)]);

        var masks = new List<string>();
        foreach (var query in new[] { "?channels=alpha", "?channels=alpha&model=tiny", "?channels=alpha&model=small" })
            masks.Add(Convert.ToHexString(await (await pod.InferAsync(Photos.Rocket, query)).Content.ReadAsByteArrayAsync()));
        masks[0].ShouldBe(masks[1]);
        masks[2].ShouldNotBe(masks[0]);
    }

    [Fact]
    public async Task Trace_GoesFromTheRequestThroughDecodeBatchAndEncode()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Rembg.Inference",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var pod = await Pod.StartAsync();
        using var caller = new Activity("caller") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        var trace = caller.TraceId;

        (await pod.InferAsync(Photos.Rocket)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.TrueAsync(() => ended.Any(a => a.OperationName == "encode" && a.TraceId == trace), "encoding is in the trace");
        ended.ShouldContain(a => a.OperationName == "decode" && a.TraceId == trace);
        ended.ShouldContain(a => a.OperationName == "batch" && a.Links.Any(link => link.Context.TraceId == trace));
    }

    [Theory]
    [InlineData("?model=unknown", null, null, "model")]
    [InlineData("?size=huge", null, null, "size")]
    [InlineData("?format=png&format=png", null, null, "format")]
    [InlineData("?nonsense=1", null, null, "nonsense")]
    [InlineData("", "X-Priority", "urgent", "X-Priority")]
    [InlineData("", "X-Deadline-Ms", "-1", "X-Deadline-Ms")]
    [InlineData("", "X-Deadline-Ms", "1e309", "X-Deadline-Ms")]
    public async Task BadParameter_IsNamed(string query, string? header, string? value, string named)
    {
        await using var pod = await Pod.StartAsync();
        var answer = await pod.InferAsync(Photos.Rocket, query, header is null ? [] : [(header, value!)]);
        (await ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_parameter")).ShouldStartWith(named);
    }

    [Fact]
    public async Task EmptyBody_Is400() =>
        await RefusedAsync([], HttpStatusCode.BadRequest, "missing_image");

    [Fact]
    public async Task NotAnImage_Is415() =>
        await RefusedAsync("%PDF-1.7 this is no picture"u8.ToArray(), HttpStatusCode.UnsupportedMediaType, "unsupported_format");

    [Fact]
    public async Task TruncatedPhoto_Is422() =>
        await RefusedAsync(Photos.Rocket[..50_000], HttpStatusCode.UnprocessableEntity, null);

    [Fact]
    public async Task TooManyBytes_Is413WithAndWithoutContentLength()
    {
        await using var pod = await Pod.StartAsync("--Images:MaxBytes=10000");
        await ProblemAsync(await pod.InferAsync(Photos.Rocket), HttpStatusCode.RequestEntityTooLarge, "image_too_large");

        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new ByteArrayContent(Photos.Rocket) };
        chunked.Headers.TransferEncodingChunked = true;
        await ProblemAsync(await pod.Http.SendAsync(chunked), HttpStatusCode.RequestEntityTooLarge, "image_too_large");
    }

    [Fact]
    public async Task AnswerThatNeedsMoreThanAllPixelMemory_Is422BeforeAnythingIsDecoded()
    {
        await using var pod = await Pod.StartAsync("--Admission:MaxPixelMiB=32");
        var flat = PngFile.Of(PngFile.Header(1500, 1000), PngFile.Data(new byte[1000 * (1 + 1500 * 4)]), PngFile.End);

        (await ProblemAsync(await pod.InferAsync(flat, "?format=webp"), HttpStatusCode.UnprocessableEntity, "resolution_too_high")).ShouldContain("at most 32 MiB");

        (await pod.MetricsAsync()).ShouldNotContain(line => line.StartsWith("rembg_inference_stage_seconds_count{stage=\"decode\"}", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnimatedPicture_IsItsFirstFrame()
    {
        await using var pod = await Pod.StartAsync();

        var answer = await pod.InferAsync(ImageFactory.AnimatedWebp(Photos.Rocket));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        Header(answer, "X-Frames").ShouldBe("2");
        Header(answer, "X-Height").ShouldBe("427");
    }

    [Theory]
    [InlineData("ffffffffffffffff")]
    [InlineData("-1")]
    [InlineData("no size")]
    public async Task BodyThatCannotBeRead_Is400(string chunkSize)
    {
        await using var pod = await Pod.StartAsync();
        using var client = await RawClient.ConnectAsync(pod.Http.BaseAddress!);

        await client.SendAsync($"POST /v1/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunkSize}\r\nabc\r\n");

        Encoding.ASCII.GetString(await client.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 400 ");
    }

    [Fact]
    public async Task FullPod_SaysSoAtOnceAndServesWhatItAccepted()
    {
        await using var pod = await Pod.StartAsync("--Admission:MaxRequests=2");
        var room = await HoldPixelsAsync(pod);
        var accepted = new[] { pod.InferAsync(Photos.Rocket), pod.InferAsync(Photos.Rocket) };
        await Eventually.TrueAsync(() => Gate(pod).InFlight == 2, "both are in");

        var refused = await pod.InferAsync(Photos.Rocket);

        await ProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "overloaded");
        Header(refused, "X-Overload").ShouldBe("queue-full");
        Header(refused, "X-Load").ShouldBe("2");
        refused.Headers.RetryAfter!.Delta.ShouldNotBeNull();
        room.Dispose();
        foreach (var answer in accepted) (await answer).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task NoTimeLeft_Is504BeforeTheBodyIsRead()
    {
        await using var pod = await Pod.StartAsync();
        await ProblemAsync(await pod.InferAsync(Photos.Rocket, "", ("X-Deadline-Ms", "0")), HttpStatusCode.GatewayTimeout, "deadline_exceeded");
    }

    [Fact]
    public async Task DeadlineWhileComposing_Is504AndLeavesNothingBehind()
    {
        var time = new FakeTimeProvider();
        await using var pod = await Pod.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(time));
        using var room = await HoldPixelsAsync(pod);
        var late = pod.InferAsync(Photos.Rocket, "", ("X-Deadline-Ms", "5000"));
        await Eventually.TrueAsync(() => Gate(pod).InFlight == 1, "1 in the pod");

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(6));
            return late.IsCompleted;
        }, "the deadline is noticed");

        await ProblemAsync(await late, HttpStatusCode.GatewayTimeout, "deadline_exceeded");
        await Eventually.TrueAsync(() => Gate(pod).InFlight == 0, "0 in the pod");
    }

    [Fact]
    public async Task PictureThatIsDecodedWhole_WaitsForRoomBeforeItIsDecoded()
    {
        await using var pod = await Pod.StartAsync();
        // A few kilobytes; its decoder needs 24 MB, for the model's 64 x 64 pixels, too.
        var file = PngFile.Of(PngFile.Header(2000, 1500, depth: 16, interlace: 1), PngFile.Data(new byte[2000 * 1500 * 8 + 10_000]), PngFile.End);

        using (await HoldPixelsAsync(pod))
            await ProblemAsync(await pod.InferAsync(file, "", ("X-Deadline-Ms", "1000")), HttpStatusCode.GatewayTimeout, "deadline_exceeded");
        (await pod.MetricsAsync()).ShouldNotContain(line => line.StartsWith("rembg_inference_stage_seconds_count{stage=\"decode\"}", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));

        (await pod.InferAsync(file)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task ClientThatLeaves_GivesItsPlaceBack()
    {
        await using var pod = await Pod.StartAsync();
        var room = await HoldPixelsAsync(pod);
        using var client = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer") { Content = new ByteArrayContent(Photos.Rocket) };
        var leaving = pod.Http.SendAsync(request, client.Token);
        await Eventually.TrueAsync(() => Gate(pod).InFlight == 1, "1 in the pod");

        await client.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(leaving);
        await Eventually.TrueAsync(() => Gate(pod).InFlight == 0, "0 in the pod");
        room.Dispose();
        (await pod.InferAsync(Photos.Rocket)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.TrueAsync(
            async () => (await pod.MetricsAsync()).Contains("""rembg_inference_requests_total{model="tiny",outcome="cancelled",priority="interactive"} 1"""), "it is counted");
    }

    [Fact]
    public async Task ClientThatLeavesMidAnswer_IsCountedAsCancelled_AndNoError()
    {
        var log = new LogLines();
        await using var pod = await Pod.StartAsync(builder => builder.Logging.AddProvider(log));
        // Noise does not compress: the answer is larger than all buffers on the way.
        var rows = new byte[2000 * (1 + 4 * 2000)];
        new Random(1).NextBytes(rows);
        for (var y = 0; y < 2000; y++) rows[y * (1 + 4 * 2000)] = 0;
        var noise = PngFile.Of(PngFile.Header(2000, 2000), PngFile.Data(rows), PngFile.End);
        using (var client = await RawClient.ConnectAsync(pod.Http.BaseAddress!, receiveBuffer: 4096))
        {
            await client.SendAsync($"POST /v1/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {noise.Length}\r\n\r\n", noise);
            await client.ReadSomeAsync();
        }

        await Eventually.TrueAsync(
            async () => (await pod.MetricsAsync()).Contains("""rembg_inference_requests_total{model="tiny",outcome="cancelled",priority="interactive"} 1"""), "it is counted");
        log.At(LogLevel.Error).ShouldBeEmpty();
    }

    [Fact]
    public async Task Stopping_AnswersEverythingAccepted()
    {
        await using var pod = await Pod.StartAsync();
        var room = await HoldPixelsAsync(pod);
        var accepted = Enumerable.Range(0, 5).Select(_ => pod.InferAsync(Photos.Rocket)).ToArray();
        await Eventually.TrueAsync(() => Gate(pod).InFlight == 5, "5 in the pod");

        var stopping = pod.StopAsync();
        room.Dispose();

        foreach (var answer in accepted) (await answer).StatusCode.ShouldBe(HttpStatusCode.OK);
        await stopping.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Metrics_HaveTheNamesOfTheContract()
    {
        await using var pod = await Pod.StartAsync();
        (await pod.InferAsync(Photos.Rocket, "", ("X-Priority", "background"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        // A request is counted when its last byte is out, which its client may see first.
        string[] metrics = [];
        await Eventually.TrueAsync(
            async () => (metrics = await pod.MetricsAsync()).Any(line => line.StartsWith("rembg_inference_requests_total{", StringComparison.Ordinal)), "it is counted");

        foreach (var line in new[]
        {
            """rembg_inference_requests_total{model="tiny",outcome="ok",priority="background"} 1""",
            """rembg_inference_request_seconds_count{model="tiny",priority="background"} 1""",
            """rembg_inference_queue_length{model="tiny",priority="interactive"} 0""",
            """rembg_inference_queue_wait_seconds_count{model="tiny"} 1""",
            """rembg_inference_stage_seconds_count{stage="decode"} 1""",
            """rembg_inference_stage_seconds_count{stage="queue"} 1""",
            """rembg_inference_stage_seconds_count{stage="infer"} 1""",
            """rembg_inference_stage_seconds_count{stage="encode"} 1""",
            """rembg_inference_batch_size_count{model="tiny"} 1""",
            """rembg_inference_batch_seconds_count{model="tiny"} 1""",
            """rembg_inference_execution_provider{model="tiny",provider="cpu"} 1""",
            """rembg_inference_model_precision{model="tiny",precision="full"} 1""",
            """rembg_inference_max_batch_size{model="tiny"} 1""",
            "rembg_inference_inflight_requests 0",
        })
            metrics.ShouldContain(line);
    }

    private static AdmissionController Gate(Pod pod) => pod.Services.GetRequiredService<AdmissionController>();

    /// <summary>Takes all room for pixels: requests then wait between their mask and their picture.</summary>
    private static async Task<IDisposable> HoldPixelsAsync(Pod pod) =>
        await pod.Services.GetRequiredService<PixelMemoryLimiter>().EnterAsync(AllPixels, CancellationToken.None);

    private static async Task RefusedAsync(byte[] body, HttpStatusCode status, string? code)
    {
        await using var pod = await Pod.StartAsync();
        await ProblemAsync(await pod.InferAsync(body), status, code);
    }

    private static async Task<string> ProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string? code)
    {
        answer.StatusCode.ShouldBe(status);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        if (code is not null) problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("requestId").GetString().ShouldNotBeNullOrEmpty();
        return problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : "";
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).ShouldHaveSingleItem();
}
