using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>
/// A JSON object whose values are short, but for one: the image as base64, which is decoded while it is read. Of an object in it each
/// property is a parameter, as forms name it: <c>{"shadow_type":{"car":"drop"}}</c> is <c>shadow_type[car]=drop</c>. A parser that reads whole values would hold the image as text; one that reads whole documents was made to take 1.4 GB by 34 MB (issue 15).
/// </summary>
/// <param name="imageField">Name of the property that holds the image; null where none does.</param>
/// <param name="maxBytes">Of the image.</param>
internal sealed class JsonUpload(string? imageField, long maxBytes)
{
    public const int MaxFields = 64;
    public const int MaxFieldBytes = 4 << 10;
    private int _fields;

    /// <summary>Fills <paramref name="buffer"/> and adds to <paramref name="parameters"/>.</summary>
    public async Task ReadAsync(Stream source, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        var body = new BodyScanner(source);
        try
        {
            await ReadObjectAsync(body, parent: null, buffer, parameters, cancellationToken);
            if (await NextAsync(body, cancellationToken) >= 0) throw new JsonException();
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException) // the latter: half a surrogate pair
        {
            throw Problem.InvalidRequest("The body is not a JSON object of the documented form.").AsException();
        }
    }

    private async Task ReadObjectAsync(BodyScanner body, string? parent, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        await ExpectAsync(body, '{', cancellationToken);
        for (var isFirst = true; await NextAsync(body, cancellationToken) != '}'; isFirst = false)
        {
            if (++_fields > MaxFields) throw Problem.InvalidRequest($"The body has more than {MaxFields} properties.").AsException();
            if (!isFirst) await ExpectAsync(body, ',', cancellationToken);
            await ReadFieldAsync(body, parent, buffer, parameters, cancellationToken);
        }
        body.Skip(1);
    }

    private async Task ReadFieldAsync(BodyScanner body, string? parent, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        await ExpectAsync(body, '"', cancellationToken);
        var name = await TextAsync(body, cancellationToken) ?? throw new JsonException();
        if (parent is not null) name = $"{parent}[{name}]";
        await ExpectAsync(body, ':', cancellationToken);

        var first = await NextAsync(body, cancellationToken);
        if (first == '"') body.Skip(1);
        if (name == imageField)
        {
            if (first == 'n' && await LiteralAsync(body, cancellationToken) == "null") return;
            if (first != '"') throw Problem.InvalidParameter(name, "is not valid base64").AsException();
            await buffer.ReadBase64Async(new JsonStringStream(body), name, maxBytes, cancellationToken);
            return;
        }
        if (first == '{' && parent is null)
        {
            await ReadObjectAsync(body, name, buffer, parameters, cancellationToken);
            return;
        }
        if (first is '{' or '[') throw Problem.InvalidParameter(name, "must be text, a number, true or false").AsException();
        var value = first == '"' ? await TextAsync(body, cancellationToken) : await LiteralAsync(body, cancellationToken);
        if (value is null) throw Problem.InvalidParameter(name, "is too long").AsException();
        if (value != "null" || first == '"') parameters.Add(new(name, value)); // null, which says "the default", is not there at all
    }

    /// <summary>A string after its first quote; null when it is too long.</summary>
    private static async Task<string?> TextAsync(BodyScanner body, CancellationToken cancellationToken)
    {
        var escaped = false;
        var inside = await body.ReadUntilAsync(next =>
        {
            if (next == '"' && !escaped) return true;
            escaped = next == '\\' && !escaped;
            return false;
        }, MaxFieldBytes, cancellationToken);
        if (inside is null) return null;
        await ExpectAsync(body, '"', cancellationToken);
        var reader = new Utf8JsonReader([(byte)'"', .. inside, (byte)'"']);
        reader.Read();
        return reader.GetString();
    }

    /// <summary>A number, true, false or null, as it is written; null when it is too long.</summary>
    private static async Task<string?> LiteralAsync(BodyScanner body, CancellationToken cancellationToken)
    {
        if (await body.ReadUntilAsync(next => next is (byte)',' or (byte)'}' || IsWhiteSpace(next), MaxFieldBytes, cancellationToken) is not { } literal) return null;
        var reader = new Utf8JsonReader(literal);
        if (!reader.Read() || reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.String || reader.BytesConsumed < literal.Length) throw new JsonException();
        return Encoding.UTF8.GetString(literal);
    }

    private static async ValueTask ExpectAsync(BodyScanner body, char expected, CancellationToken cancellationToken)
    {
        if (await NextAsync(body, cancellationToken) != expected) throw new JsonException();
        body.Skip(1);
    }

    /// <summary>The next byte that is not white space, which stays the next one; -1 at the body's end.</summary>
    private static async ValueTask<int> NextAsync(BodyScanner body, CancellationToken cancellationToken)
    {
        int next;
        while ((next = await body.PeekAsync(cancellationToken)) >= 0 && IsWhiteSpace((byte)next)) body.Skip(1);
        return next;
    }

    private static bool IsWhiteSpace(byte next) => next is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    /// <summary>A string of ASCII after its first quote, without its escapes (<c>\/</c>, <c>\u002B</c>).</summary>
    private sealed class JsonStringStream(BodyScanner body) : ValueStream(body)
    {
        private static readonly SearchValues<byte> Special = SearchValues.Create([.. Enumerable.Range(0, 32).Select(control => (byte)control), (byte)'"', (byte)'\\']);
        private string? _escape; // what came of one so far, without the backslash

        protected override (int Read, int Written) Decode(ReadOnlySpan<byte> source, Span<byte> target)
        {
            if (_escape is not null) return (1, Unescape((char)source[0], target));
            var plain = source[..Math.Min(source.Length, target.Length)];
            if (plain.IndexOfAny(Special) is >= 0 and var special) plain = plain[..special];
            plain.CopyTo(target);
            if (!plain.IsEmpty) return (plain.Length, plain.Length);

            if (source[0] == '"') Ended = true;
            else _escape = source[0] == '\\' ? "" : throw new JsonException();
            return (1, 0);
        }

        protected override void EndOfBody() => throw new JsonException();

        private int Unescape(char next, Span<byte> target)
        {
            _escape += next;
            if (_escape[0] == 'u' && _escape.Length < 5) return 0;
            target[0] = _escape switch
            {
                "\"" or "\\" or "/" => (byte)next,
                "b" => (byte)'\b',
                "f" => (byte)'\f',
                "n" => (byte)'\n',
                "r" => (byte)'\r',
                "t" => (byte)'\t',
                ['u', .. var hex] when ushort.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) =>
                    code < 128 ? (byte)code : throw new FormatException(),
                _ => throw new JsonException(),
            };
            _escape = null;
            return 1;
        }
    }
}
