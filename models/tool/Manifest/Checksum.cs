using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rembg.Models.Manifest;

/// <summary>What a file's bytes must hash to, written <c>sha256:HEX</c>, or <c>md5:HEX</c> where a publisher gives nothing better.</summary>
[JsonConverter(typeof(Checksum.Converter))]
public sealed record Checksum(HashAlgorithmName Algorithm, string Hex)
{
    public static Checksum Sha256(string hex) => new(HashAlgorithmName.SHA256, hex);

    public static Checksum Parse(string text) => text.Split(':') switch
    {
        ["sha256", { Length: 64 } hex] when IsLowerHex(hex) => new(HashAlgorithmName.SHA256, hex),
        ["md5", { Length: 32 } hex] when IsLowerHex(hex) => new(HashAlgorithmName.MD5, hex),
        _ => throw new JsonException($"'{text}' is not a checksum: write sha256:HEX or md5:HEX in lower case."),
    };

    /// <summary>Whether the stream, read to its end, has this checksum.</summary>
    public async Task<bool> MatchesAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(Algorithm);
        var buffer = new byte[1 << 20];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0) hash.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == Hex;
    }

    public async Task<bool> MatchesAsync(string path, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(path);
        return await MatchesAsync(stream, cancellationToken);
    }

    public override string ToString() => $"{(Algorithm == HashAlgorithmName.MD5 ? "md5" : "sha256")}:{Hex}";

    private static bool IsLowerHex(string hex) => hex.All(char.IsAsciiHexDigitLower);

    internal sealed class Converter : JsonConverter<Checksum>
    {
        public override Checksum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, Checksum value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
