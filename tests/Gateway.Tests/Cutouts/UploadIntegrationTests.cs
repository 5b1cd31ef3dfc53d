using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Gateway.Memory;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

/// <summary>What may come in as an upload, and what is said to everything else.</summary>
public sealed class UploadIntegrationTests() : OnePodTests(
    $"Uploads:MaxBytes={MaxBytes}", "Uploads:MaxBytesInFlight=1048576", "Uploads:ClientShare=1",
    "Uploads:Timeout=00:05:00") // what a test holds stays, however busy the machine is
{
    private const int MaxBytes = 100_000;

    public override async Task DisposeAsync()
    {
        Gateway.Services.GetRequiredService<MemoryBudget>().BytesInUse.ShouldBe(0, "what a request held is given back");
        await base.DisposeAsync();
    }

    [Fact]
    public async Task FormFields_AreOptions()
    {
        await ShouldBe(HttpStatusCode.OK, Images.Form("file", fields: [("format", "webp"), ("size", "hd")]));
        Pod.Requests.Single().Query.ShouldBe("?model=model-a&format=webp&size=hd");
    }

    [Theory]
    [InlineData("/v1/remove-background", "image/jpeg")]
    [InlineData("/v1/remove-background", "multipart/form-data; boundary=x")]
    [InlineData("/v1/tasks", "image/jpeg")]
    [InlineData("/api/remove", "multipart/form-data; boundary=x")]
    [InlineData("/v1.0/removebg", "application/json")]
    public async Task ChunkOfAnImpossibleSize_Is400(string path, string contentType)
    {
        foreach (var size in (string[])["ffffffffffffffff", "-1", "no size"])
        {
            using var client = await RawClient.ConnectAsync(Gateway.Client.BaseAddress!);

            await client.SendAsync($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {contentType}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{size}\r\nabc\r\n");

            Encoding.ASCII.GetString(await client.ReadToEndAsync()).ShouldStartWith("HTTP/1.1 400 ", Case.Sensitive, $"{path} {contentType} {size}");
        }
    }

    [Fact]
    public async Task ImageOfExactlyTheLimit_IsTaken() => await ShouldBe(HttpStatusCode.OK, Images.Raw(bytes: MaxBytes));

    [Theory]
    [InlineData(0)]
    [InlineData(BlockPool.BlockBytes - 1)]
    [InlineData(BlockPool.BlockBytes)]
    [InlineData(BlockPool.BlockBytes + 1)]
    public async Task EverySize_ArrivesWhole(int more)
    {
        await ShouldBe(HttpStatusCode.OK, Images.Form("file", Images.Jpeg(12 + more)));
        Pod.Requests.Single().Image.ShouldBe(Images.Jpeg(12 + more));
    }

    [Fact]
    public Task NoFile_IsMissing() => ShouldBe("missing_image", new MultipartFormDataContent { { new StringContent("png"), "format" } });

    [Fact]
    public Task EmptyFile_IsMissing() => ShouldBe("missing_image", Images.Form("file", []));

    [Fact]
    public Task EmptyBody_IsMissing() => ShouldBe("missing_image", new ByteArrayContent([]));

    [Fact]
    public Task TwoFiles_AreTooMany()
    {
        var form = Images.Form("file");
        form.Add(new ByteArrayContent(Images.Jpeg()), "image_file", "other.jpg");
        return ShouldBe("multiple_images", form);
    }

    [Fact]
    public async Task TenThousandParts_AreRefused()
    {
        await using var gateway = await GatewayApp.StartAsync([Pod]);
        var form = new MultipartFormDataContent();
        for (var i = 0; i < 10_000; i++) form.Add(new StringContent("x"), "x");
        var body = await form.ReadAsByteArrayAsync();
        using var socket = await ConnectAsync(gateway);
        var sending = SendAsync(socket, Ascii($"POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Type: {form.Headers.ContentType}\r\nContent-Length: {body.Length}\r\n\r\n"), body);
        (await ReadLineAsync(socket)).ShouldBe("HTTP/1.1 400 Bad Request");
        socket.Close();
        await sending;
    }

    [Fact]
    public Task FormInAForm_IsRefused() => ShouldBe("invalid_request", new MultipartFormDataContent { { new MultipartContent("mixed") { new StringContent("x") }, "file" } });

    [Theory]
    [InlineData("<script>alert(1)</script>.png")]
    [InlineData("../../../etc/passwd")]
    [InlineData("Käse\\\".jpg")]
    [InlineData("")]
    public async Task StrangeFileName_IsNoMatter(string name)
    {
        var answer = await Gateway.Client.PostAsync("/v1/remove-background", NamedFile(name));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        if (name.Length > 0) answer.Headers.Concat(answer.Content.Headers).SelectMany(header => header.Value).ShouldNotContain(value => value.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public Task FileNameOfTenKilobytes_IsRefused() => ShouldBe("invalid_request", NamedFile(new string('n', 10_000)));

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=LONG")]
    [InlineData("multipart/mixed; boundary=x")]
    [InlineData("multipart/;;;")]
    public Task BadBoundary_IsRefused(string contentType)
    {
        var content = new ByteArrayContent("--x\r\n\r\n"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", contentType.Replace("LONG", new string('b', 1000), StringComparison.Ordinal));
        return ShouldBe("invalid_request", content);
    }

    [Theory]
    [InlineData("--x\r\n\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=file\r\n\r\nabc")]
    [InlineData("--x\r\nno colon\r\n\r\nabc\r\n--x--")]
    [InlineData("--x\r\nContent-Type: image/png\r\n\r\nabc\r\n--x--")]
    [InlineData("nothing like a form")]
    public Task BrokenForm_IsRefused(string body)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
        return ShouldBe(HttpStatusCode.BadRequest, null, content);
    }

    [Theory]
    [InlineData("format", "tiff")]
    [InlineData("sise", "hd")]
    [InlineData("size", "NaN")]
    [InlineData("model", "no-such-model")]
    public Task BadParameter_IsRefused(string name, string value) => ShouldBe("invalid_parameter", Images.Form("file", fields: [(name, value)]));

    [Fact]
    public async Task ParameterInFormAndQuery_IsRefused() =>
        (await Problem(await Gateway.Client.PostAsync("/v1/remove-background?size=hd", Images.Form("file", fields: [("size", "hd")])))).Code.ShouldBe("invalid_parameter");

    [Fact]
    public Task LongField_IsRefused() => ShouldBe("invalid_parameter", Images.Form("file", fields: [("bg_color", new string('f', 5000))]));

    [Theory]
    [InlineData("%PDF-1.7 ...........")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("<!DOCTYPE html><html></html>")]
    [InlineData("PK\u0003\u0004............")]
    [InlineData("\u007fELF............")]
    [InlineData("GIF88a............")]
    [InlineData("RIFF....WAVE....")]
    [InlineData("x")]
    public async Task OtherFormats_AreUnsupportedWhateverTheLabel(string body)
    {
        var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.ContentType = new("image/png");
        await ShouldBe(HttpStatusCode.UnsupportedMediaType, "unsupported_format", content);
        Pod.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task TooLargeByItsOwnWord_IsRefusedBeforeItIsSent()
    {
        using var socket = await ConnectAsync();
        await socket.WriteAsync(Ascii($"POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: {MaxBytes + 1}\r\n\r\n"));
        (await ReadLineAsync(socket)).ShouldBe("HTTP/1.1 413 Payload Too Large");
    }

    [Fact]
    public async Task ChunkedBodyWithoutEnd_IsAnsweredAtTheLimitAndCutOffLater()
    {
        const int most = 512 << 20, thrownAway = 256 << 20, serversBuffer = 1 << 20;
        using var socket = await ConnectAsync();
        var chunk = Ascii("40000\r\n" + new string('\u007f', 0x40000) + "\r\n");
        var sending = SendAsync(socket, [Ascii("POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"), .. Enumerable.Repeat(chunk, most / chunk.Length)]);
        (await ReadLineAsync(socket)).ShouldBe("HTTP/1.1 413 Payload Too Large");
        (await sending).ShouldBeLessThan(thrownAway + serversBuffer + KernelBuffers(), "it was cut off");
    }

    /// <summary>Most bytes that the kernel holds between the ends of a connection: sent, and not read.</summary>
    private static int KernelBuffers() => ((string[])["tcp_rmem", "tcp_wmem"])
        .Sum(name => int.Parse(File.ReadAllText($"/proc/sys/net/ipv4/{name}").Split('\t')[2], CultureInfo.InvariantCulture));

    [Fact]
    public async Task TooLargeFileInAForm_IsRefusedByLengthAndByCount()
    {
        await ShouldBe(HttpStatusCode.RequestEntityTooLarge, "image_too_large", Images.Form("file", Images.Jpeg(MaxBytes + 1)), "within the form's overhead");
        await ShouldBe(HttpStatusCode.RequestEntityTooLarge, "image_too_large", Images.Form("file", Images.Jpeg(2 * MaxBytes)), "by Content-Length");
    }

    [Fact]
    public async Task BodyThatTakesTooLong_IsGivenUp()
    {
        await using var gateway = await GatewayApp.StartAsync([Pod], "Uploads:Timeout=00:00:01");
        using var socket = await ConnectAsync(gateway);
        await socket.WriteAsync(Ascii("POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"));
        await socket.WriteAsync(Images.Jpeg(100));
        (await ReadLineAsync(socket)).ShouldBe("HTTP/1.1 408 Request Timeout");
    }

    [Fact]
    public async Task SlowUploadOfAKnownLength_HasTimeForItsBytesAndThenForItsRequest()
    {
        await using var gateway = await GatewayApp.StartAsync([Pod], "Uploads:MaxBytes=20000", "Uploads:Timeout=00:00:01", "Uploads:MinBytesPerSecond=1024", "Edge:RequestTimeout=00:00:02", "Edge:MinBytesPerSecond=1");
        using var socket = await ConnectAsync(gateway);
        await socket.WriteAsync(Ascii("POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"));
        var image = Images.Jpeg(20_000, seed: 4711);
        for (var sent = 0; sent < image.Length; sent += 4000)
        {
            await socket.WriteAsync(image.AsMemory(sent, 4000));
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System); // this is the upload, not a wait for something
        }
        (await ReadLineAsync(socket)).ShouldBe("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task UploadsThatAreOnlyAnnounced_HoldNothing()
    {
        using var silent = await BeginUploadAsync([]);
        using var begun = await BeginUploadAsync(Images.Jpeg(100));

        var memory = Gateway.Services.GetRequiredService<MemoryBudget>();
        await Eventually.TrueAsync(() => memory.BytesInUse == BlockPool.BlockBytes, "the one that has begun holds a block, the other nothing");
        begun.Dispose();
        await Eventually.TrueAsync(() => memory.BytesInUse == 0, "the block is given back");
    }

    [Fact]
    public async Task MoreUploadsThanTheBudgetHolds_AreRefusedAndSoonTakenAgain()
    {
        var sockets = new List<NetworkStream>();
        try
        {
            // Each holds a block of 64 KiB; the budget is sixteen, and a quarter of it is for answers.
            for (var i = 0; i < 12; i++) sockets.Add(await BeginUploadAsync(Images.Jpeg(100), announced: 65_000));
            var memory = Gateway.Services.GetRequiredService<MemoryBudget>();
            await Eventually.TrueAsync(() => memory.BytesInUse == 12 * BlockPool.BlockBytes, "twelve uploads hold all that uploads may");

            var response = await Gateway.Client.PostAsync("/v1/remove-background", Images.Raw());
            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            response.Headers.RetryAfter.ShouldNotBeNull();
            (await Problem(response)).Code.ShouldBe("overloaded");
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
        await Eventually.TrueAsync(async () => (await Gateway.Client.PostAsync("/v1/remove-background", Images.Raw())).IsSuccessStatusCode, "the room is free again");
    }

    [Fact]
    public async Task ClientThatHoldsItsShare_WaitsForItself_AndIs429InTheEnd()
    {
        await using var gateway = await GatewayApp.StartAsync([Pod], "Uploads:MaxBytesInFlight=4194304", "Uploads:Timeout=00:00:03"); // a share is eight blocks, six of them for uploads
        var release = new TaskCompletionSource();
        Pod.Always = PodScripts.After(release.Task, PodScripts.Cutout());
        var memory = gateway.Services.GetRequiredService<MemoryBudget>();
        var held = Enumerable.Range(0, 6).Select(i => gateway.Client.PostAsync("/v1/remove-background", Images.Raw(seed: 100 + i, bytes: 60_000))).ToArray();
        await Eventually.TrueAsync(() => memory.BytesInUse == 6 * BlockPool.BlockBytes, "they hold the share");
        await Eventually.TrueAsync(async () => (await gateway.Client.PostAsync("/v1/remove-background", Images.Raw(seed: 200, bytes: 60_000))).StatusCode == HttpStatusCode.TooManyRequests, "one more waits, and is refused");

        var waiting = gateway.Client.PostAsync("/v1/remove-background", Images.Raw(seed: 300, bytes: 60_000));
        release.SetResult();

        (await waiting).StatusCode.ShouldBe(HttpStatusCode.OK, "the share was free in time");
        foreach (var answer in held) (await answer).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.TrueAsync(() => memory.BytesInUse == 0, "what they held is given back");
    }

    private static ByteArrayContent NamedFile(string name)
    {
        var body = new ByteArrayContent([.. Encoding.UTF8.GetBytes($"--x\r\nContent-Disposition: form-data; name=file; filename=\"{name}\"\r\n\r\n"), .. Images.Jpeg(), .. "\r\n--x--\r\n"u8]);
        body.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
        return body;
    }

    private async Task<NetworkStream> BeginUploadAsync(byte[] begin, GatewayApp? gateway = null, int announced = MaxBytes)
    {
        var socket = await ConnectAsync(gateway);
        await socket.WriteAsync(Ascii($"POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: {announced}\r\n\r\n"));
        await socket.WriteAsync(begin);
        return socket;
    }

    private async Task<NetworkStream> ConnectAsync(GatewayApp? gateway = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, (gateway ?? Gateway).Client.BaseAddress!.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Sends until all is sent or the other side has had enough; how many bytes went out.</summary>
    private static async Task<int> SendAsync(NetworkStream socket, params byte[][] parts)
    {
        var sent = 0;
        try
        {
            foreach (var part in parts)
            {
                await socket.WriteAsync(part);
                sent += part.Length;
            }
        }
        catch (Exception cutOff) when (cutOff is IOException or ObjectDisposedException)
        {
        }
        return sent;
    }

    private static async Task<string?> ReadLineAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        return await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private Task ShouldBe(string code, HttpContent content) => ShouldBe(HttpStatusCode.BadRequest, code, content);

    private async Task ShouldBe(HttpStatusCode status, string? code, HttpContent content, string? because = null)
    {
        var response = await Gateway.Client.PostAsync("/v1/remove-background", content);
        response.StatusCode.ShouldBe(status, because);
        var problem = await Problem(response);
        if (code is not null) problem.Code.ShouldBe(code, because);
        problem.RequestId.ShouldBe(response.Headers.GetValues("X-Request-Id").Single());
    }

    private async Task ShouldBe(HttpStatusCode status, HttpContent content) =>
        (await Gateway.Client.PostAsync("/v1/remove-background", content)).StatusCode.ShouldBe(status);

    private static async Task<(string? Code, string? RequestId)> Problem(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (json.RootElement.GetProperty("code").GetString(), json.RootElement.GetProperty("requestId").GetString());
    }
}
