namespace Rembg.Inference.Imaging;

/// <summary>The coded data of a still picture (AV1 bitstream specification, section 5): what a decoder would make of it, before one sees it.</summary>
internal static class Av1Data
{
    private const int Sequence = 1, FrameHeader = 3, Frame = 6, TileList = 8;

    /// <summary>
    /// Refuses data of another size than the file says, and of more than one frame: a few bytes could ask the decoder for gigabytes, and a
    /// thousand layers for hours.
    /// </summary>
    public static void Check(ReadOnlySpan<byte> data, int width, int height)
    {
        var cursor = new ByteCursor(data);
        var (sequences, frames) = (0, 0);
        while (cursor.Left > 0)
        {
            var head = cursor.Byte();
            if ((head & 0x04) != 0) cursor.Skip(1);
            var unit = cursor.Take((head & 0x02) != 0 ? Length(ref cursor) : cursor.Left);
            switch (head >> 3 & 15)
            {
                case Sequence:
                    sequences++;
                    if (Size(unit) != (width, height)) throw ImageHeader.Corrupt("Its AVIF header and its picture differ in size.");
                    break;
                case FrameHeader or Frame: frames++; break;
                case TileList: throw ImageHeader.Corrupt("It has a part that AVIF does not have.");
            }
        }
        if (sequences == 0 || frames == 0) throw ImageHeader.Truncated();
        if (frames > 1) throw ImageHeader.Corrupt("An AVIF picture of several layers is not supported; save it without layers.");
    }

    /// <summary>The largest frame that a sequence may have.</summary>
    private static (int Width, int Height) Size(ReadOnlySpan<byte> sequence)
    {
        var bits = new BitCursor(sequence);
        bits.Take(4); // profile, still picture
        if (bits.Take(1) == 1) bits.Take(5); // the short header of still pictures
        else
        {
            if (bits.Take(1) == 1) throw ImageHeader.Corrupt("Its AVIF picture is part of a film.");
            var hasDelay = bits.Take(1) == 1;
            for (var points = bits.Take(5) + 1; points > 0; points--)
            {
                bits.Take(12);
                if (bits.Take(5) > 7) bits.Take(1);
                if (hasDelay && bits.Take(1) == 1) bits.Take(4);
            }
        }
        var (widthBits, heightBits) = (bits.Take(4) + 1, bits.Take(4) + 1);
        return (bits.Take(widthBits) + 1, bits.Take(heightBits) + 1);
    }

    private static long Length(ref ByteCursor cursor)
    {
        var length = 0L;
        for (var shift = 0; shift < 56; shift += 7)
        {
            var part = cursor.Byte();
            length |= (part & 0x7FL) << shift;
            if (part < 0x80) return length;
        }
        throw ImageHeader.Corrupt("A part of its AVIF picture has no length.");
    }

    private ref struct BitCursor(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private int _at;

        /// <param name="count">At most 16.</param>
        public int Take(int count)
        {
            var value = 0;
            for (; count > 0; count--, _at++)
            {
                if (_at / 8 >= _bytes.Length) throw ImageHeader.Truncated();
                value = value << 1 | _bytes[_at / 8] >> 7 - _at % 8 & 1;
            }
            return value;
        }
    }
}
