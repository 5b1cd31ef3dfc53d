namespace Rembg.Inference.Imaging;

/// <summary>The boxes of a file or of a box (ISO 14496-12), one after the other: <see cref="Next"/>, then what it is and where.</summary>
internal ref struct IsoBoxes(ReadOnlySpan<byte> file, int start, int end)
{
    private readonly ReadOnlySpan<byte> _file = file[..end];
    private int _next = start;

    public ReadOnlySpan<byte> Type { get; private set; }

    /// <summary>Where the box begins.</summary>
    public int Begin { get; private set; }

    /// <summary>Where its contents begin.</summary>
    public int Start { get; private set; }

    /// <summary>Behind its last byte.</summary>
    public int End { get; private set; }

    public readonly ByteCursor Contents => new(_file[..End], Start);

    public bool Next()
    {
        if (_file.Length - _next < 8) return false;
        var cursor = new ByteCursor(_file, _next);
        long length = cursor.UInt32();
        Type = cursor.Take(4);
        if (length == 1) length = (long)Math.Min(cursor.UInt64(), int.MaxValue);
        if (length == 0) length = _file.Length - _next; // to the end
        (Begin, Start) = (_next, cursor.Position);
        if (length < Start - Begin) throw ImageHeader.Corrupt("A box of the file is shorter than its own head.");
        if (length > _file.Length - Begin) throw ImageHeader.Truncated();
        _next = End = Begin + (int)length;
        return true;
    }
}
