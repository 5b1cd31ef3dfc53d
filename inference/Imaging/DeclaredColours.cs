using System.Buffers.Binary;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Colours that a file declares by numbers instead of a profile: chromaticities and a curve. <see cref="ToProfile"/> says the same as a profile
/// (ICC.1:2010, matrix and curve), which is what libvips understands.
/// </summary>
/// <param name="Primaries">CIE x and y of red, green, blue and white.</param>
/// <param name="Curve">From sample to light, both 0 to 1: one exponent, or the five parameters g a b c d of (a x + b)^g, and c x below d.</param>
internal sealed record DeclaredColours(double[] Primaries, double[] Curve)
{
    public static readonly double[] SrgbPrimaries = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329];
    public static readonly double[] SrgbCurve = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

    /// <summary>Of screens (BT.1886), not the camera's of BT.709: measured, Chromium shows it so.</summary>
    private static readonly double[] FilmCurve = [2.4];
    private static readonly double[,] Bradford = { { 0.8951, 0.2664, -0.1614 }, { -0.7502, 1.7135, 0.0367 }, { 0.0389, -0.0685, 1.0296 } };
    private static readonly double[] D50 = [0.9642, 1, 0.8249];

    /// <summary>By the numbers of ITU-T H.273; those that are not known here are taken for sRGB's.</summary>
    /// <returns>Null for sRGB.</returns>
    /// <exception cref="Contract.Problems.ProblemException">422: HDR, which needs a tone mapping that we do not have.</exception>
    public static DeclaredColours? Of(int primaries, int transfer)
    {
        if (transfer is 16 or 18) throw ImageHeader.Corrupt("Its colours are HDR (PQ or HLG), which is not supported; save it with sRGB colours.");
        double[] chromaticities = primaries switch
        {
            5 or 6 => [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, 0.3127, 0.329],
            9 => [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, 0.3127, 0.329],
            12 => [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329],
            _ => SrgbPrimaries,
        };
        double[] curve = transfer switch { 1 or 6 or 14 or 15 => FilmCurve, 4 => [2.2], 5 => [2.8], 8 => [1], _ => SrgbCurve };
        return chromaticities == SrgbPrimaries && curve == SrgbCurve ? null : new(chromaticities, curve);
    }

    /// <param name="isGrey">For a picture of one channel, which has no primaries.</param>
    public byte[] ToProfile(bool isGrey)
    {
        var curve = Tone();
        var tags = new List<(string Name, byte[] Data)> { ("wtpt", Xyz(D50)) };
        if (isGrey) tags.Add(("kTRC", curve));
        else
        {
            var matrix = ToD50();
            for (var channel = 0; channel < 3; channel++)
            {
                tags.Add(($"{"rgb"[channel]}XYZ", Xyz([matrix[0, channel], matrix[1, channel], matrix[2, channel]])));
                tags.Add(($"{"rgb"[channel]}TRC", curve));
            }
        }
        List<byte> table = [.. UInt32(tags.Count)], data = [];
        foreach (var (name, bytes) in tags)
        {
            table.AddRange([.. Ascii(name), .. UInt32(128 + 4 + tags.Count * 12 + data.Count), .. UInt32(bytes.Length)]);
            data.AddRange(bytes);
        }
        byte[] head =
        [
            .. UInt32(128 + table.Count + data.Count), 0, 0, 0, 0, 4, 0x20, 0, 0, .. "mntr"u8, .. isGrey ? "GRAY"u8 : "RGB "u8, .. "XYZ "u8, .. new byte[12], .. "acsp"u8,
            .. new byte[28], .. Fixed(D50[0]), .. Fixed(D50[1]), .. Fixed(D50[2]), .. new byte[48],
        ];
        return [.. head, .. table, .. data];
    }

    /// <summary>The columns are what red, green and blue of full strength are in XYZ, seen under D50 (Bradford).</summary>
    private double[,] ToD50()
    {
        double[] Point(int at) => [Primaries[at] / Primaries[at + 1], 1, (1 - Primaries[at] - Primaries[at + 1]) / Primaries[at + 1]];
        var (white, primaries) = (Point(6), new double[3, 3]);
        for (var channel = 0; channel < 3; channel++)
            for (var row = 0; row < 3; row++) primaries[row, channel] = Point(channel * 2)[row];
        var strengths = Times(Inverse(primaries), white);
        for (var channel = 0; channel < 3; channel++)
            for (var row = 0; row < 3; row++) primaries[row, channel] *= strengths[channel];

        var (from, to) = (Times(Bradford, white), Times(Bradford, D50));
        var scaled = new double[3, 3];
        for (var row = 0; row < 3; row++)
            for (var column = 0; column < 3; column++) scaled[row, column] = Bradford[row, column] * to[row] / from[row];
        var adapt = Times(Inverse(Bradford), scaled);
        return Times(adapt, primaries);
    }

    private static double[] Times(double[,] m, double[] v) => [.. Enumerable.Range(0, 3).Select(row => m[row, 0] * v[0] + m[row, 1] * v[1] + m[row, 2] * v[2])];

    private static double[,] Times(double[,] a, double[,] b)
    {
        var product = new double[3, 3];
        for (var row = 0; row < 3; row++)
            for (var column = 0; column < 3; column++) product[row, column] = a[row, 0] * b[0, column] + a[row, 1] * b[1, column] + a[row, 2] * b[2, column];
        return product;
    }

    private static double[,] Inverse(double[,] m)
    {
        double Minor(int row, int column)
        {
            var (r1, r2, c1, c2) = ((row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3);
            return m[r1, c1] * m[r2, c2] - m[r1, c2] * m[r2, c1];
        }
        var determinant = m[0, 0] * Minor(0, 0) + m[0, 1] * Minor(0, 1) + m[0, 2] * Minor(0, 2);
        var inverse = new double[3, 3];
        for (var row = 0; row < 3; row++)
            for (var column = 0; column < 3; column++) inverse[row, column] = Minor(column, row) / determinant;
        return inverse;
    }

    private byte[] Tone() => [.. "para"u8, 0, 0, 0, 0, 0, (byte)(Curve.Length == 1 ? 0 : 3), 0, 0, .. Curve.SelectMany(Fixed)];

    private static byte[] Xyz(double[] point) => [.. "XYZ "u8, 0, 0, 0, 0, .. point.SelectMany(Fixed)];

    /// <summary>15 bits before the point, 16 behind it.</summary>
    private static byte[] Fixed(double value) => UInt32((int)Math.Round(Math.Clamp(value, -32768, 32767) * 65536));

    private static byte[] UInt32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Ascii(string text) => [.. text.Select(letter => (byte)letter)];
}
