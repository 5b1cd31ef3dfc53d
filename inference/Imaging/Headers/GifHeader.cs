using System.Buffers.Binary;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>
/// GIF (87a and 89a): walks all blocks. Of an animated one the first frame is taken, and given to the decoder as a still picture
/// of the frame's own size: libnsgif guesses another canvas where it finds the declared one odd.
/// </summary>
internal ref struct GifHeader
{
    private const byte Extension = 0x21, Picture = 0x2C, Trailer = 0x3B, GraphicControl = 0xF9, Transparent = 1;

    /// <summary>Most pixels of a byte: LZW's longest string has 4,096, and its shortest code 3 bits.</summary>
    private const long MaxInflation = 4096 * 8 / 3;

    private readonly ImageLimits _limits;
    private readonly StrippedFile _still = new();
    private ByteCursor _cursor;
    private (int Start, int Length) _control;
    private int _parts, _frames, _left, _top, _width, _height;
    private bool _isClear;

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits) => new GifHeader(file, limits).Walk();

    private GifHeader(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        _cursor = new(file, position: 6);
        _limits = limits;
    }

    private ImageHeader Walk()
    {
        var (width, height) = (_cursor.UInt16LittleEndian(), _cursor.UInt16LittleEndian());
        ImageHeader.CheckSize(width, height, _limits);
        var flags = _cursor.Byte();
        _cursor.Skip(2); // background and aspect ratio, which nobody follows
        var colours = _cursor.Position;
        _cursor.Skip(TableBytes(flags));
        var coloursEnd = _cursor.Position;

        // Files that end without a trailer are common.
        while (_cursor.Left > 0 && _cursor.Byte() is var kind && kind != Trailer)
        {
            if (++_parts > _limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {_limits.MaxParts:N0} GIF blocks.");
            if (kind == Extension) SkipExtension();
            else if (kind != Picture) throw ImageHeader.Corrupt("It has a block that GIF does not have.");
            else if (++_frames == 1) FirstFrame(flags, colours, coloursEnd);
            else if (_frames <= _limits.MaxFrames) SkipFrame();
            else throw Problem.TooManyFrames(_limits.MaxFrames).AsException();
        }
        if (_frames == 0) throw ImageHeader.Truncated();
        if (_left + _width > width || _top + _height > height) throw ImageHeader.Corrupt("Its first frame is not on its GIF canvas.");
        var isPart = _width < width || _height < height;
        return new(ImageFormat.Gif, width, height)
        {
            NeedsWholePicture = true,
            HasAlpha = _isClear || isPart,
            Frames = _frames,
            Offset = isPart ? (_left, _top) : null,
            Length = _cursor.Position,
            Stripped = _still,
        };
    }

    /// <summary>Puts the still picture together: a canvas of the frame's size, its colours and transparency, the frame at its corner.</summary>
    private void FirstFrame(byte flags, int colours, int coloursEnd)
    {
        (_left, _top) = (_cursor.UInt16LittleEndian(), _cursor.UInt16LittleEndian());
        var size = _cursor.Take(4);
        (_width, _height) = (BinaryPrimitives.ReadUInt16LittleEndian(size), BinaryPrimitives.ReadUInt16LittleEndian(size[2..]));
        ImageHeader.CheckSize(_width, _height, _limits);

        _still.Add([.. "GIF89a"u8, .. size, flags, 0, 0]);
        _still.Keep(colours, coloursEnd - colours);
        _still.Keep(_control.Start, _control.Length);
        _still.Add([Picture, 0, 0, 0, 0, .. size]);
        var start = _cursor.Position;
        _cursor.Skip(TableBytes(_cursor.Byte()));
        var data = SkipData();
        if (data * MaxInflation < (long)_width * _height) throw ImageHeader.Truncated();
        _still.Keep(start, _cursor.Position - start);
        _still.Add([Trailer]);
    }

    private void SkipFrame()
    {
        _cursor.Skip(8);
        _cursor.Skip(TableBytes(_cursor.Byte()));
        SkipData();
    }

    private int SkipData()
    {
        _cursor.Skip(1); // bits of the first codes
        return SkipBlocks();
    }

    private void SkipExtension()
    {
        var start = _cursor.Position - 1;
        var isControl = _cursor.Byte() == GraphicControl && _cursor.Left > 2 && _cursor.Rest[0] == 4;
        if (isControl && _frames == 0) _isClear = (_cursor.Rest[1] & Transparent) != 0;
        var data = SkipBlocks();
        if (isControl && data == 4 && _frames == 0) _control = (start, _cursor.Position - start);
    }

    /// <returns>Bytes in the blocks.</returns>
    private int SkipBlocks()
    {
        var bytes = 0;
        for (var length = _cursor.Byte(); length > 0; length = _cursor.Byte())
        {
            _cursor.Skip(length);
            bytes += length;
        }
        return bytes;
    }

    private static int TableBytes(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << (flags & 7) + 1;
}
