using System.Buffers;
using System.Buffers.Text;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Decodes base64 text while it is read. White space is skipped, and so is the head of a data URL (<c>data:image/png;base64,</c>).</summary>
/// <remarks>Throws a <see cref="FormatException"/> when the text is not base64.</remarks>
internal sealed class Base64Stream(Stream text) : DecodingStream
{
    private const int MaxHeadBytes = 256;
    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);

    private readonly byte[] _text = new byte[16 << 10];
    private readonly byte[] _decoded = new byte[12 << 10];
    private int _textLength, _at, _end;
    private bool _headIsOver, _textIsOver;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_at == _end)
        {
            if (_textIsOver || buffer.IsEmpty) return 0;
            await ReadTextAsync(cancellationToken);
            if (!_headIsOver && !(_headIsOver = SkipHead())) continue;
            Decode();
        }
        var taken = Math.Min(buffer.Length, _end - _at);
        _decoded.AsSpan(_at, taken).CopyTo(buffer.Span);
        _at += taken;
        return taken;
    }

    private async ValueTask ReadTextAsync(CancellationToken cancellationToken)
    {
        var read = await text.ReadAsync(_text.AsMemory(_textLength), cancellationToken);
        _textIsOver = read == 0;
        var end = _textLength + read;
        if (_text.AsSpan(_textLength, read).IndexOfAny(WhiteSpace) < 0) _textLength = end;
        else
            for (var i = _textLength; i < end; i++)
                if (!WhiteSpace.Contains(_text[i])) _text[_textLength++] = _text[i];
    }

    /// <returns>False when more of the text must be seen first.</returns>
    private bool SkipHead()
    {
        var start = _text.AsSpan(0, _textLength);
        var scheme = "data:"u8;
        if (!start.StartsWith(scheme[..Math.Min(scheme.Length, start.Length)])) return true;
        var comma = start.IndexOf((byte)',');
        if (comma < 0) return _textIsOver || _textLength > MaxHeadBytes; // and then it is not base64
        if (!start[..comma].EndsWith(";base64"u8)) throw new FormatException();
        start[(comma + 1)..].CopyTo(start);
        _textLength -= comma + 1;
        return true;
    }

    /// <summary>All whole groups of four but the last, which alone may be padded.</summary>
    private void Decode()
    {
        var ready = _textIsOver ? _textLength : (_textLength - 1) / 4 * 4;
        if (ready <= 0) return;
        if (Base64.DecodeFromUtf8(_text.AsSpan(0, ready), _decoded, out var read, out var written, isFinalBlock: _textIsOver) != OperationStatus.Done || read != ready)
            throw new FormatException();
        _text.AsSpan(ready.._textLength).CopyTo(_text);
        _textLength -= ready;
        (_at, _end) = (0, written);
    }
}
