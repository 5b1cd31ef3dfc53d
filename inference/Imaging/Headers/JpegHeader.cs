using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>
/// JPEG (ITU-T T.81): walks all markers up to the end of the picture, so that size, kind of coding, number of
/// scans, orientation and a missing end are known before decoding.
/// </summary>
internal ref struct JpegHeader
{
    private const byte StartOfScan = 0xDA, EndOfImage = 0xD9, App0 = 0xE0, App1 = 0xE1, App2 = 0xE2, App14 = 0xEE, App15 = 0xEF, Comment = 0xFE;

    private readonly ImageLimits _limits;
    private readonly StrippedFile _stripped = new();
    private readonly ReadOnlySpan<byte> _file;
    private ByteCursor _cursor;
    private int _width, _height, _components;
    private bool _progressive, _severalScans, _hasProfile, _hasJfif, _hasAdobe, _endIsMissing;
    private int _segments, _scans, _orientation, _profileBytes, _keptTo;
    private long _blocks, _codedBytes;

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits) => new JpegHeader(file, limits).Walk();

    private JpegHeader(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        _cursor = new(file, position: 2);
        _file = file;
        _limits = limits;
    }

    private ImageHeader Walk()
    {
        for (var marker = NextMarker(); marker != EndOfImage; marker = NextMarker())
        {
            if (IsAlone(marker)) continue;
            var start = _cursor.Position - 2;
            var length = _cursor.UInt16();
            if (length < 2) throw ImageHeader.Corrupt("A JPEG segment has no length.");
            var segment = _cursor.Take(length - 2);
            if (++_segments > _limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {_limits.MaxParts:N0} JPEG segments.");
            switch (marker)
            {
                case >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC): Frame(marker, segment); break;
                case App1: if (_orientation == 0 && segment.StartsWith("Exif\0\0"u8)) _orientation = Exif.Orientation(segment); break;
                case StartOfScan: Scan(segment); break;
            }
            if (!IsForDecoder(marker, segment)) Strip(start);
        }
        if (_scans == 0) throw ImageHeader.Truncated();
        CheckData();
        var needsWhole = _progressive || _severalScans;
        if (_endIsMissing && !needsWhole && !JpegScan.HoldsAllRows(_file)) throw ImageHeader.Truncated();
        _stripped.Keep(_keptTo, _cursor.Position - _keptTo);
        if (_endIsMissing) _stripped.Add([0xFF, EndOfImage]);
        return new(ImageFormat.Jpeg, _width, _height)
        {
            Orientation = Math.Max(1, _orientation),
            NeedsWholePicture = needsWhole,
            IsSrgb = !_hasProfile && _components != 4,
            EndIsMissing = _endIsMissing,
            ProfileBytes = _profileBytes,
            Length = _cursor.Position,
            Stripped = _stripped,
        };
    }

    /// <summary>
    /// The next marker; the end of the image, too, where a scan runs to the end of the file. In coded data 0xFF is followed by a
    /// stuffed zero or a restart marker; both are passed over, as is whatever stands between segments, which decoders tolerate too.
    /// </summary>
    private byte NextMarker()
    {
        var from = _cursor.Position;
        while (true)
        {
            var at = _cursor.Rest.IndexOf((byte)0xFF);
            if (at < 0) return MissingEndMarker(from);
            _cursor.Skip(at);
            var marker = _cursor.Position;
            var code = 0xFF;
            while (code == 0xFF)
            {
                if (_cursor.Left == 0) return MissingEndMarker(from);
                code = _cursor.Byte();
            }
            if (code == 0) continue;
            if (_scans > 0) _codedBytes += marker - from;
            return (byte)code;
        }
    }

    private byte MissingEndMarker(int from)
    {
        if (_scans == 0) throw ImageHeader.Truncated();
        _codedBytes += _file.Length - from;
        _endIsMissing = true;
        _cursor.Skip(_cursor.Left);
        return EndOfImage;
    }

    private static bool IsAlone(byte marker) => marker is 0x01 or (>= 0xD0 and <= 0xD7);

    /// <summary>Of what applications put in, how colours are coded: the first JFIF and Adobe segments, and the profile.</summary>
    private bool IsForDecoder(byte marker, ReadOnlySpan<byte> segment) => marker switch
    {
        App0 when segment.StartsWith("JFIF\0"u8) => !_hasJfif && (_hasJfif = true),
        App2 when segment.StartsWith("ICC_PROFILE\0"u8) => Profile(segment),
        App14 when segment.StartsWith("Adobe"u8) => !_hasAdobe && (_hasAdobe = true),
        Comment or (>= App0 and <= App15) => false,
        _ => true,
    };

    private void Strip(int start)
    {
        _stripped.Keep(_keptTo, start - _keptTo);
        _keptTo = _cursor.Position;
    }

    private void Frame(byte marker, ReadOnlySpan<byte> segment)
    {
        if (_width > 0) throw ImageHeader.Corrupt("It has more than one JPEG frame.");
        if (marker is not (0xC0 or 0xC1 or 0xC2)) throw ImageHeader.Corrupt("This kind of JPEG (lossless, hierarchical or arithmetic) is not supported.");
        var frame = new ByteCursor(segment);
        var precision = frame.Byte();
        _height = frame.UInt16();
        _width = frame.UInt16();
        _components = frame.Byte();
        _progressive = marker == 0xC2;
        if (precision != 8) throw ImageHeader.Corrupt("Only JPEG with 8 bits a sample is supported.");
        if (_components is not (1 or 3 or 4)) throw ImageHeader.Corrupt("A JPEG has 1, 3 or 4 colour components.");
        if (segment.Length != 6 + 3 * _components) throw ImageHeader.Corrupt("The JPEG frame header is damaged.");
        ImageHeader.CheckSize(_width, _height, _limits);
        _blocks = Blocks(frame.Rest);
        if (_progressive) CheckWholePicture();
    }

    /// <summary>Blocks of 8 x 8 samples, of all components, without those that only fill up the last ones.</summary>
    private readonly long Blocks(ReadOnlySpan<byte> components)
    {
        int across = 1, down = 1;
        for (var i = 1; i < components.Length; i += 3)
        {
            if (components[i] >> 4 is 0 or > 4 || (components[i] & 15) is 0 or > 4) throw ImageHeader.Corrupt("The JPEG frame header is damaged.");
            (across, down) = (Math.Max(across, components[i] >> 4), Math.Max(down, components[i] & 15));
        }
        var blocks = 0L;
        for (var i = 1; i < components.Length; i += 3)
            blocks += (long)Ceiling(_width * (components[i] >> 4), 8 * across) * Ceiling(_height * (components[i] & 15), 8 * down);
        return blocks;

        static int Ceiling(int value, int by) => (value + by - 1) / by;
    }

    private void Scan(ReadOnlySpan<byte> segment)
    {
        if (_width == 0) throw ImageHeader.Corrupt("A JPEG scan comes before its frame.");
        if (segment.Length == 0 || segment[0] is 0 or > 4) throw ImageHeader.Corrupt("A JPEG scan header is damaged.");
        if (++_scans > _limits.MaxScans) throw ImageHeader.Corrupt($"It has more than {_limits.MaxScans} JPEG scans.");
        if (segment[0] < _components) _severalScans = true;
        if (_progressive || _severalScans) CheckWholePicture();
    }

    private readonly void CheckWholePicture()
    {
        if ((long)_width * _height > _limits.MaxProgressivePixels)
            throw Problem.ResolutionTooHigh($"A progressive JPEG may have at most {_limits.MaxProgressivePixels:N0} pixels; save it as a baseline one.").AsException();
    }

    /// <summary>
    /// A Huffman code has a bit at least, and a block two codes: its first value and the end of the others. Of a progressive
    /// one only the first value must be there. Real encoders need 32 bits for the six blocks of 16 x 16 flat pixels, or 12 with optimized tables.
    /// </summary>
    private readonly void CheckData()
    {
        if (_codedBytes * 8 < _blocks * (_progressive ? 1 : 2)) throw ImageHeader.Truncated();
    }

    private bool Profile(ReadOnlySpan<byte> segment)
    {
        _hasProfile = true;
        ImageHeader.CheckProfile(_profileBytes += segment.Length, _limits);
        return true;
    }
}
