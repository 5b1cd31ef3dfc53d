namespace Rembg.Inference.Imaging;

/// <summary>What a PNG says of its colours. Of several the first in the order of PNG's third edition counts: cICP, iCCP, sRGB, then gAMA with cHRM.</summary>
internal struct PngColours
{
    /// <summary>Gamma of sRGB, as PNG writes it, and how far from it is still taken for sRGB.</summary>
    private const double SrgbGamma = 45455, SrgbTolerance = 500;

    private (int Primaries, int Transfer)? _code;
    private bool _isSrgb;
    private double _gamma;
    private double[]? _primaries;

    /// <summary>Reads a chunk before the palette and the data; a damaged one is as good as none.</summary>
    public void Read(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("cICP"u8) && data is [var primaries, var transfer, 0, _]) _code = (primaries, transfer);
        else if (type.SequenceEqual("sRGB"u8) && data.Length == 1) _isSrgb = true;
        else if (type.SequenceEqual("gAMA"u8) && data.Length == 4) _gamma = new ByteCursor(data).UInt32();
        else if (type.SequenceEqual("cHRM"u8) && data.Length == 32) _primaries = Chromaticities(data);
    }

    /// <summary>Null for sRGB, and where a profile says it.</summary>
    public readonly DeclaredColours? Declared(bool hasProfile)
    {
        if (_code is var (primaries, transfer)) return DeclaredColours.Of(primaries, transfer);
        if (hasProfile || _isSrgb || _gamma == 0 && _primaries is null) return null;
        if (_primaries is null && Math.Abs(_gamma - SrgbGamma) < SrgbTolerance) return null;
        // The exponent is bounded: a profile can say up to 32,767.
        return new(_primaries ?? DeclaredColours.SrgbPrimaries, _gamma == 0 ? DeclaredColours.SrgbCurve : [Math.Clamp(100_000 / _gamma, 0.1, 10)]);
    }

    /// <summary>White comes first in the file. Null when they span no triangle.</summary>
    private static double[]? Chromaticities(ReadOnlySpan<byte> data)
    {
        var cursor = new ByteCursor(data);
        var values = new double[8];
        for (var i = 0; i < 8; i++) values[(i + 6) % 8] = cursor.UInt32() / 100_000.0;
        var area = (values[2] - values[0]) * (values[5] - values[1]) - (values[4] - values[0]) * (values[3] - values[1]);
        return Math.Abs(area) < 0.01 || values.Any(value => value is < 0 or > 1) || values[1] < 0.01 || values[3] < 0.01 || values[5] < 0.01 || values[7] < 0.01 ? null : values;
    }
}
