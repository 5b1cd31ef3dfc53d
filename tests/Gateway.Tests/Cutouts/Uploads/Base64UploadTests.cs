using System.Buffers;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Xunit;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Cutouts.Uploads;

/// <summary>Images as base64 text in JSON and urlencoded bodies: what the framework's parsers make of them, and no more memory than the image.</summary>
public sealed class Base64UploadTests : IDisposable
{
    private const string Json = "application/json", Pairs = "application/x-www-form-urlencoded";
    private static readonly UploadFields Fields = new(new HashSet<string> { "image_file" }, Base64: "b64");
    private static readonly byte[] Image = [0xFF, 0xD8, 0xFF, 0xFB, 0xEF, 0xBE, 0x00, 0x3F, .. Enumerable.Range(0, 200).Select(i => (byte)(i * 7))];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly UploadOptions _options = new();
    private readonly MemoryBudget _memory;
    private readonly UploadReader _reader;

    public Base64UploadTests()
    {
        _memory = _options.ToBudget(TimeProvider.System);
        _reader = LocalReader.Create(_memory, _options);
    }

    public void Dispose()
    {
        _memory.BytesInUse.ShouldBe(0);
        _memory.Dispose();
    }

    [Property(MaxTest = 300, Replay = "1,1")]
    public async Task JsonObject_IsReadAsTheFrameworkReadsIt(byte[] tail, NonNull<string> text, double number, bool flag, bool spaces)
    {
        byte[] image = [.. Image, .. tail];
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, object?> { ["text"] = text.Get.Replace('\0', ' '), ["b64"] = image, ["null"] = null, ["flag"] = flag, ["number"] = double.IsFinite(number) ? number : 1 },
            spaces ? Indented : null);
        using var document = JsonDocument.Parse(body);
        var expected = document.RootElement.EnumerateObject().Where(field => field.Name != "b64" && field.Value.ValueKind != JsonValueKind.Null)
            .Select(field => KeyValuePair.Create(field.Name, field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : field.Value.GetRawText()));

        using var form = await ReadAsync(body, Json);

        form.Image.Bytes.ToArray().ShouldBe(image);
        form.Parameters.ShouldBe(expected);
    }

    [Property(MaxTest = 300, Replay = "2,3")]
    public async Task UrlEncodedPairs_AreReadAsTheFrameworkReadsThem(byte[] tail, NonNull<string> name, NonNull<string> value)
    {
        byte[] image = [.. Image, .. tail];
        var body = Encoding.UTF8.GetBytes($"{Uri.EscapeDataString("n" + name.Get)}={Uri.EscapeDataString(value.Get)}&b64={Uri.EscapeDataString(Convert.ToBase64String(image))}&a+b=c+d");
        var expected = (await new FormReader(new MemoryStream(body)).ReadFormAsync()).Where(pair => pair.Key != "b64").Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString()));

        using var form = await ReadAsync(body, Pairs);

        form.Image.Bytes.ToArray().ShouldBe(image);
        form.Parameters.ShouldBe(expected, ignoreOrder: true);
    }

    [Theory]
    [InlineData(Json, """{ "size" : "h\u0064" , "b64":"BASE64", "n": -1.5e3 }""")]
    [InlineData(Json, "\t{\"b64\":\"ESCAPED\"\r\n,\"\\u0073ize\":\"hd\"}\n")]
    [InlineData(Json, """{"b64":"data:image/jpeg;base64,BASE64"}""")]
    [InlineData(Json, """{"b64":"LINES"}""")]
    [InlineData(Pairs, "size=h%64&b64=PERCENT&n=1")]
    [InlineData(Pairs, "b64=data%3Aimage%2Fjpeg%3Bbase64%2CPERCENT")]
    public async Task Body_MeansTheSameWhereverItIsCut(string contentType, string template)
    {
        var base64 = Convert.ToBase64String(Image);
        base64.ShouldSatisfyAllConditions(text => text.ShouldContain('+'), text => text.ShouldContain('/'));
        var body = Encoding.UTF8.GetBytes(template
            .Replace("BASE64", base64, StringComparison.Ordinal)
            .Replace("ESCAPED", base64.Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002B", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("LINES", string.Join("\\r\\n", base64.Chunk(76).Select(line => new string(line))), StringComparison.Ordinal)
            .Replace("PERCENT", Uri.EscapeDataString(base64), StringComparison.Ordinal));
        using var whole = await ReadAsync(body, contentType);
        whole.Image.Bytes.ToArray().ShouldBe(Image);

        for (var cut = 1; cut < body.Length; cut++)
        {
            using var form = await ReadAsync(body, contentType, cut);
            form.Image.Bytes.ToArray().ShouldBe(Image);
            form.Parameters.ShouldBe(whole.Parameters);
        }
        using var single = await ReadAsync(body, contentType, pieces: 1);
        single.Image.Bytes.ToArray().ShouldBe(Image);
    }

    [Theory]
    [InlineData(Json, """{"b64":"/9j/"} x""", "invalid_request")]
    [InlineData(Json, """{"b64":"/9j/",}""", "invalid_request")]
    [InlineData(Json, """{"b64":"/9j/" "a":1}""", "invalid_request")]
    [InlineData(Json, """{"b64":"/9j/""", "invalid_request")]
    [InlineData(Json, """{"b64":"/9j\q"}""", "invalid_request")]
    [InlineData(Json, """{"a":tru,"b64":"/9j/"}""", "invalid_request")]
    [InlineData(Json, """{"a":01,"b64":"/9j/"}""", "invalid_request")]
    [InlineData(Json, """{"a":[],"b64":"/9j/"}""", "invalid_parameter")]
    [InlineData(Json, """{"b64":"/9j/="}""", "invalid_parameter")]
    [InlineData(Json, """{"b64":"/9=j"}""", "invalid_parameter")]
    [InlineData(Json, """{"b64":"/9j"}""", "invalid_parameter")]
    [InlineData(Json, """{"b64":"data:image/jpeg,/9j/"}""", "invalid_parameter")]
    [InlineData(Json, """{"b64":["/9j/"]}""", "invalid_parameter")]
    [InlineData(Pairs, "b64=%2F9j%2", "invalid_parameter")]
    [InlineData(Pairs, "b64=%zz", "invalid_parameter")]
    public Task MalformedBody_IsRefused(string contentType, string body, string code) => RefusedAsync(Encoding.UTF8.GetBytes(body), contentType, code);

    [Fact]
    public async Task ManyOrLongFields_AreRefused()
    {
        await RefusedAsync(Encoding.UTF8.GetBytes($$"""{"a":"{{new string('a', 5000)}}"}"""), Json, "invalid_parameter");
        await RefusedAsync(Encoding.UTF8.GetBytes($"a={new string('a', 5000)}"), Pairs, "invalid_parameter");
        await RefusedAsync(Encoding.UTF8.GetBytes($"{{{string.Join(',', Enumerable.Range(0, 65).Select(i => $"\"a{i}\":1"))}}}"), Json, "invalid_request");
        await RefusedAsync(Encoding.UTF8.GetBytes(string.Join('&', Enumerable.Range(0, 65).Select(i => $"a{i}=1"))), Pairs, "invalid_request");
    }

    /// <summary>Bodies of 34 MB, which cost the parser of whole documents up to 1.4 GB.</summary>
    [Theory]
    [InlineData("{\"b64\":[", "1,")]
    [InlineData("[", "1,")]
    [InlineData("{", "\"a\":1,")]
    [InlineData("{\"a\":\"", "aaaaaaaa")]
    [InlineData("{\"", "aaaaaaaa")]
    [InlineData("{\"a\":", "11111111")]
    [InlineData("", "        ")]
    public async Task LargeNonsense_IsRefusedWithoutMemory(string start, string again)
    {
        byte[] body = [.. Encoding.UTF8.GetBytes(start), .. Enumerable.Repeat(Encoding.UTF8.GetBytes(again), 33_000_000 / again.Length).SelectMany(bytes => bytes)];
        var before = GC.GetAllocatedBytesForCurrentThread();

        await RefusedAsync(body, Json, null);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Theory, InlineData(Json), InlineData(Pairs)]
    public async Task LargestImage_TakesItsOwnMemoryAndLittleMore(string contentType)
    {
        var image = new byte[_options.MaxBytes];
        Image.CopyTo(image, 0);
        var text = Convert.ToBase64String(image);
        var body = Encoding.UTF8.GetBytes(contentType == Json ? $$"""{"b64":"{{text}}"}""" : $"b64={Uri.EscapeDataString(text)}");
        _memory.Blocks.Return(_memory.Blocks.Rent());
        var before = GC.GetAllocatedBytesForCurrentThread();

        using var form = await ReadAsync(body, contentType);

        form.Image.Length.ShouldBe(image.Length);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(image.Length + (1 << 20));
    }

    private async Task RefusedAsync(byte[] body, string contentType, string? code)
    {
        var refused = await Should.ThrowAsync<ProblemException>(ReadAsync(body, contentType));
        refused.Problem.Status.ShouldBe(400);
        if (code is not null) refused.Problem.Code.ShouldBe(code);
    }

    /// <param name="cut">The first read ends here.</param>
    /// <param name="pieces">Most bytes of every read.</param>
    private Task<UploadForm> ReadAsync(byte[] body, string contentType, int cut = int.MaxValue, int pieces = int.MaxValue)
    {
        var request = LocalReader.NewRequest();
        request.ContentType = contentType;
        request.Body = new CutBody(body, cut, pieces);
        return _reader.ReadAsync(request, Fields, CancellationToken.None);
    }

    private sealed class CutBody(byte[] body, int cut, int pieces) : MemoryStream(body)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var most = Math.Min(pieces, Position < cut ? cut - (int)Position : int.MaxValue);
            return ValueTask.FromResult(Read(buffer.Span[..Math.Min(most, buffer.Length)]));
        }
    }
}
