using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Rembg.Gateway.Clients.Keys;

/// <summary>
/// <c>rbg_ID_SECRET_CHECKSUM</c>: a prefix that secret scanners find, 8 characters by which the key is looked up,
/// 32 secret ones (190 bits) and a CRC-32 of all before it, so that a typo is told from a guess without a look-up.
/// All parts are base62. The form follows GitHub's tokens.
/// </summary>
public sealed class ApiKey
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Prefix = "rbg_";
    private const int IdLength = 8, SecretLength = 32, ChecksumLength = 6;
    private const int SecretAt = 4 + IdLength + 1, ChecksumAt = SecretAt + SecretLength + 1, Length = ChecksumAt + ChecksumLength;

    private static readonly SearchValues<char> Base62 = SearchValues.Create(Alphabet);

    private readonly string _text;

    private ApiKey(string text) => _text = text;

    public string Id => _text.Substring(Prefix.Length, IdLength);

    /// <summary>SHA-256 of the whole key. With 190 random bits in it, a slow hash would add nothing.</summary>
    public byte[] Hash() => SHA256.HashData(Encoding.ASCII.GetBytes(_text));

    /// <summary>The key itself; shown once to its owner and nowhere else.</summary>
    public string Reveal() => _text;

    /// <summary>Never the secret: whatever ends in a log or a message shows this.</summary>
    public override string ToString() => $"{Prefix}{Id}_…";

    public static ApiKey Create()
    {
        var body = $"{Prefix}{RandomNumberGenerator.GetString(Alphabet, IdLength)}_{RandomNumberGenerator.GetString(Alphabet, SecretLength)}_";
        return new(body + Checksum(body));
    }

    public static bool TryParse(string? text, [NotNullWhen(true)] out ApiKey? key)
    {
        key = null;
        if (text is not { Length: Length } || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        if (text[SecretAt - 1] != '_' || text[ChecksumAt - 1] != '_') return false;
        if (text.AsSpan(Prefix.Length, IdLength).ContainsAnyExcept(Base62)) return false;
        if (text.AsSpan(SecretAt, SecretLength).ContainsAnyExcept(Base62)) return false;
        if (!text.AsSpan(ChecksumAt).SequenceEqual(Checksum(text.AsSpan(0, ChecksumAt)))) return false;
        key = new(text);
        return true;
    }

    private static string Checksum(ReadOnlySpan<char> body)
    {
        Span<byte> bytes = stackalloc byte[ChecksumAt];
        var rest = Crc32.HashToUInt32(bytes[..Encoding.ASCII.GetBytes(body, bytes)]);
        Span<char> digits = stackalloc char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--, rest /= 62) digits[i] = Alphabet[(int)(rest % 62)];
        return new(digits);
    }
}
