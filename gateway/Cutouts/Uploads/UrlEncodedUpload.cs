using System.Buffers;
using System.Globalization;
using System.Text;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>An urlencoded body whose values are short, but for one: the image as base64, which is decoded while it is read.</summary>
/// <param name="imageField">Name of the field that holds the image.</param>
/// <param name="maxBytes">Of the image.</param>
internal sealed class UrlEncodedUpload(string imageField, long maxBytes)
{
    /// <summary>Fills <paramref name="buffer"/> and adds to <paramref name="parameters"/>.</summary>
    public async Task ReadAsync(Stream source, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        var body = new BodyScanner(source);
        for (var fields = 1; await body.FillAsync(cancellationToken); fields++)
        {
            if (fields > JsonUpload.MaxFields) throw Problem.InvalidRequest($"The body has more than {JsonUpload.MaxFields} fields.").AsException();
            var name = await TextAsync(body, next => next is (byte)'=' or (byte)'&', cancellationToken) ?? throw Problem.InvalidRequest("The name of a field is too long.").AsException();
            var hasValue = await body.PeekAsync(cancellationToken) == '=';
            if (hasValue) body.Skip(1);
            if (name == imageField) await buffer.ReadBase64Async(new PercentStream(body), name, maxBytes, cancellationToken);
            else if (await TextAsync(body, next => next == '&', cancellationToken) is not { } value) throw Problem.InvalidParameter(name, "is too long").AsException();
            else if (hasValue || name.Length > 0) parameters.Add(new(name, value));
            if (await body.PeekAsync(cancellationToken) == '&') body.Skip(1);
        }
    }

    private static async Task<string?> TextAsync(BodyScanner body, Func<byte, bool> ends, CancellationToken cancellationToken) =>
        await body.ReadUntilAsync(ends, JsonUpload.MaxFieldBytes, cancellationToken) is { } bytes
            ? Uri.UnescapeDataString(Encoding.UTF8.GetString(bytes).Replace('+', ' '))
            : null;

    /// <summary>A value up to the next <c>&amp;</c>, without its escapes (<c>%2B</c>).</summary>
    private sealed class PercentStream(BodyScanner body) : ValueStream(body)
    {
        private static readonly SearchValues<byte> Special = SearchValues.Create("&%+"u8);
        private string? _escape; // what came of one so far, without the percent sign

        protected override (int Read, int Written) Decode(ReadOnlySpan<byte> source, Span<byte> target)
        {
            if (_escape is not null) return (1, Unescape((char)source[0], target));
            var plain = source[..Math.Min(source.Length, target.Length)];
            if (plain.IndexOfAny(Special) is >= 0 and var special) plain = plain[..special];
            plain.CopyTo(target);
            if (!plain.IsEmpty) return (plain.Length, plain.Length);

            switch (source[0])
            {
                case (byte)'&':
                    Ended = true;
                    return (0, 0);
                case (byte)'+':
                    target[0] = (byte)' ';
                    return (1, 1);
                default:
                    _escape = "";
                    return (1, 0);
            }
        }

        protected override void EndOfBody()
        {
            if (_escape is not null) throw new FormatException();
        }

        private int Unescape(char next, Span<byte> target)
        {
            _escape += next;
            if (_escape.Length < 2) return 0;
            target[0] = byte.Parse(_escape, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            _escape = null;
            return 1;
        }
    }
}
