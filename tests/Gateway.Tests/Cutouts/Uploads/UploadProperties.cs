using System.Buffers;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Xunit;
using Microsoft.AspNetCore.Http;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Cutouts.Uploads;

/// <summary>Whatever the body: an image as it was sent, or a problem of the caller's; and all memory is given back.</summary>
public class UploadProperties
{
    private const string Boundary = "x";
    private const string FileHead = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\n";
    private static readonly UploadFields Base64Fields = new(new HashSet<string> { "image_file" }, Base64: "image_file_b64", Url: "image_url");

    private readonly MemoryBudget _memory = new UploadOptions().ToBudget(TimeProvider.System);
    private readonly UploadReader _reader;

    public UploadProperties() => _reader = LocalReader.Create(_memory, new());

    [Property(MaxTest = 1000, Replay = "1,1")]
    public async Task ImageInAForm_ArrivesAsItIs_HoweverItIsCutOnItsWay(byte[] tail, PositiveInt piece)
    {
        byte[] image = [0xFF, 0xD8, 0xFF, .. tail];
        byte[] body = [.. Bytes(FileHead), .. image, .. "\r\n--x\r\nContent-Disposition: form-data; name=size\r\n\r\nhd\r\n--x--\r\n"u8];

        using (var form = await ReadAsync(body, $"multipart/form-data; boundary={Boundary}", UploadFields.Default, piece.Get))
        {
            form.Image.Bytes.ToArray().ShouldBe(image);
            form.Image.Sha256.ShouldBe(SHA256.HashData(image));
            form.Parameters.ShouldBe([new("size", "hd")]);
        }
        _memory.BytesInUse.ShouldBe(0);
    }

    [Property(MaxTest = 1000, Replay = "2,3")]
    public Task FormWithAChangedByte(byte[] tail, NonNegativeInt at, byte value, PositiveInt piece)
    {
        byte[] body = [.. Bytes(FileHead), 0xFF, 0xD8, 0xFF, .. tail, .. "\r\n--x\r\nContent-Disposition: form-data; name=size\r\n\r\nhd\r\n--x--\r\n"u8];
        body[at.Get % body.Length] = value;
        return FormOrProblemAsync(body, $"multipart/form-data; boundary={Boundary}", UploadFields.Default, piece.Get);
    }

    [Property(MaxTest = 1000, Replay = "4,5")]
    public Task BytesBetweenBoundaries(byte[][] parts, PositiveInt piece) =>
        FormOrProblemAsync([.. parts.SelectMany(part => (byte[])[.. "--x\r\n"u8, .. part, .. "\r\n"u8]), .. "--x--"u8], $"multipart/form-data; boundary={Boundary}", UploadFields.Default, piece.Get);

    [Property(MaxTest = 1000, Replay = "6,7")]
    public Task AnyContentType(string? type, byte[] body) => FormOrProblemAsync(body, "multipart/" + type, UploadFields.Default, 100);

    [Property(MaxTest = 1000, Replay = "8,9")]
    public Task AnyTextForBase64(string? text, NonNegativeInt kind) => (kind.Get % 3) switch
    {
        0 => FormOrProblemAsync(Bytes($$"""{"image_file_b64": {{System.Text.Json.JsonSerializer.Serialize(text)}}}"""), "application/json", Base64Fields, 100),
        1 => FormOrProblemAsync(Bytes("image_file_b64=" + text), "application/x-www-form-urlencoded", Base64Fields, 100),
        _ => FormOrProblemAsync(Bytes($"--x\r\nContent-Disposition: form-data; name=image_file_b64\r\n\r\n{text}\r\n--x--"), "multipart/form-data; boundary=x", Base64Fields, 100),
    };

    [Property(MaxTest = 1000, Replay = "10,11")]
    public Task AnyBytesAsJsonOrPairs(byte[] body, bool json) =>
        FormOrProblemAsync([.. json ? "{\""u8 : "image_file_b64="u8, .. body], json ? "application/json" : "application/x-www-form-urlencoded", Base64Fields, 100);

    private async Task FormOrProblemAsync(byte[] body, string contentType, UploadFields fields, int piece)
    {
        try
        {
            using var form = await ReadAsync(body, contentType, fields, piece);
            form.Image.Length.ShouldBeInRange(1, body.Length);
        }
        catch (ProblemException refused)
        {
            refused.Problem.Status.ShouldBeOneOf(400, 413, 415);
            (refused.Problem.Detail ?? "").ShouldAllBe(c => c >= ' ' && c < (char)127, "what a client made up is not repeated");
        }
        _memory.BytesInUse.ShouldBe(0);
    }

    private Task<UploadForm> ReadAsync(byte[] body, string contentType, UploadFields fields, int piece)
    {
        var request = LocalReader.NewRequest();
        request.ContentType = contentType;
        request.Body = new Pieces(body, piece);
        return _reader.ReadAsync(request, fields, CancellationToken.None);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>Gives no more than so many bytes at once, as a network may.</summary>
    private sealed class Pieces(byte[] all, int most) : MemoryStream(all)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(most, buffer.Length)]);
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(most, count));
        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
    }
}
