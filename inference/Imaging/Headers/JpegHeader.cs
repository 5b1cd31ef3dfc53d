using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>
/// JPEG (ITU-T T.81): walks all markers up to the end of the picture, so that size, kind of coding, number of
/// scans, orientation and a missing end are known before decoding.
/// </summary>
internal ref struct JpegHeader
{
    private const byte StartOfScan = 0xDA, EndOfImage = 0xD9, App0 = 0xE0, App1 = 0xE1, App2 = 0xE2, App15 = 0xEF, Comment = 0xFE;

    private readonly ImageLimits _limits;
    private ByteCursor _cursor;
    private int _width, _height, _components;
    private bool _progressive, _severalScans, _hasProfile;
    private int _scans, _orientation, _metadataBytes;
    private long _profileBytes;

    public static bool Matches(ReadOnlySpan<byte> file) => file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits) => new JpegHeader(file, limits).Walk();

    private JpegHeader(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        _cursor = new(file, position: 2);
        _limits = limits;
    }

    private ImageHeader Walk()
    {
        for (var marker = NextMarker(); marker != EndOfImage; marker = NextMarker())
        {
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7)) continue; // these stand alone
            var length = _cursor.UInt16();
            if (length < 2) throw ImageHeader.Corrupt("A JPEG segment has no length.");
            var segment = _cursor.Take(length - 2);
            if (marker is Comment or (>= App0 and <= App15)) _metadataBytes += segment.Length;
            switch (marker)
            {
                case >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC): Frame(marker, segment); break;
                case App1: if (_orientation == 0 && segment.StartsWith("Exif\0\0"u8)) _orientation = Exif.Orientation(segment); break;
                case App2: if (segment.StartsWith("ICC_PROFILE\0"u8)) Profile(segment); break;
                case StartOfScan: Scan(segment); break;
            }
        }
        if (_scans == 0) throw ImageHeader.Truncated();
        return new(ImageFormat.Jpeg, _width, _height)
        {
            Orientation = Math.Max(1, _orientation),
            NeedsWholePicture = _progressive || _severalScans,
            IsSrgb = !_hasProfile && _components != 4,
            MetadataBytes = _metadataBytes,
            Length = _cursor.Position,
        };
    }

    /// <summary>
    /// The next marker. In coded data 0xFF is followed by a stuffed zero or a restart marker; both are passed over,
    /// as is whatever stands between segments, which decoders tolerate too.
    /// </summary>
    private byte NextMarker()
    {
        while (true)
        {
            var at = _cursor.Rest.IndexOf((byte)0xFF);
            if (at < 0) throw ImageHeader.Truncated();
            _cursor.Skip(at + 1);
            byte code;
            do code = _cursor.Byte(); while (code == 0xFF);
            if (code != 0) return code;
        }
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
        if (_progressive) CheckWholePicture();
    }

    private void Scan(ReadOnlySpan<byte> segment)
    {
        if (_width == 0) throw ImageHeader.Corrupt("A JPEG scan comes before its frame.");
        if (segment.Length == 0 || segment[0] is 0 or > 4) throw ImageHeader.Corrupt("A JPEG scan header is damaged.");
        if (++_scans > _limits.MaxScans) throw ImageHeader.Corrupt($"It has more than {_limits.MaxScans} JPEG scans.");
        if (segment[0] < _components && !_severalScans)
        {
            _severalScans = true;
            CheckWholePicture();
        }
    }

    private readonly void CheckWholePicture()
    {
        if ((long)_width * _height > _limits.MaxProgressivePixels)
            throw Problem.ResolutionTooHigh($"A progressive JPEG may have at most {_limits.MaxProgressivePixels:N0} pixels; save it as a baseline one.").AsException();
    }

    private void Profile(ReadOnlySpan<byte> segment)
    {
        _hasProfile = true;
        ImageHeader.CheckMetadata("colour profile", _profileBytes += segment.Length, _limits);
    }
}
