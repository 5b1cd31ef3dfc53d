using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Rows of a photograph whose edges are clean: where the mask is unsure, alpha follows the colours, and a half-transparent pixel has the
/// colour of the subject alone, so that no old background shows on a new one. Opaque pixels keep their bytes.
/// </summary>
internal sealed class EdgeRows : RowSource
{
    private readonly RowSource _photo, _mask;
    private readonly EdgeMaps _maps;
    private readonly Axis _gridX, _gridY, _cellX, _cellY;
    private readonly byte[] _row, _alpha;

    // The maps' rows at the height of the current row.
    private readonly Vector128<float>[] _coefficients, _subject, _background;
    private readonly float[] _trust;
    private readonly bool _extends;
    private int _y, _mapsAt = -1;

    /// <param name="photo">RGB or RGBA rows of what is drawn.</param>
    /// <param name="mask">Grey rows of the cleaned mask, of the same size.</param>
    /// <param name="maps">Of the photograph.</param>
    /// <param name="covered">What the maps cover, in pixels from the corner of these rows.</param>
    /// <param name="extends">Whether the subject's colours go on where nothing of it is left, so that a JPEG's edges do not ring.</param>
    public EdgeRows(RowSource photo, RowSource mask, EdgeMaps maps, Box covered, bool extends = false) : base(photo.Width, photo.Height, photo.Channels)
    {
        (_photo, _mask, _maps, _extends) = (photo, mask, maps, extends);
        (_gridX, _gridY) = (new(maps.Width, covered.Left, covered.Width), new(maps.Height, covered.Top, covered.Height));
        (_cellX, _cellY) = (new(maps.Colours.Width, covered.Left, covered.Width), new(maps.Colours.Height, covered.Top, covered.Height));
        (_row, _alpha) = (ArrayPool<byte>.Shared.Rent(Stride), ArrayPool<byte>.Shared.Rent(Width));
        (_coefficients, _trust) = (new Vector128<float>[maps.Width], new float[maps.Width]);
        (_subject, _background) = (new Vector128<float>[maps.Colours.Width], new Vector128<float>[maps.Colours.Width]);
    }

    /// <summary>Alpha of the row that <see cref="Next"/> has returned.</summary>
    public ReadOnlySpan<byte> Alpha => _alpha.AsSpan(0, Width);

    public override ReadOnlySpan<byte> Next()
    {
        _mask.Next().CopyTo(_alpha);
        var row = _row.AsSpan(0, Stride);
        _photo.Next().CopyTo(row);

        // 1. Runs in which the mask is unsure, and half-transparent pixels between them.
        var isCovered = _y >= _gridY.Start && _y < _gridY.End;
        var isUnsure = isCovered && Interpolate(_gridY.At(_y), _maps.Width, _maps.Trust, _trust);
        for (int x = 0, sample = 0; x < Width;)
        {
            var (start, end) = isUnsure ? NextRun(ref sample) : (Width, Width);
            for (x = NextSoft(x, start); x < start; x = NextSoft(x + 1, start)) Clean(row, x, isUnsure: false);
            for (; x < end; x++) Clean(row, x, isUnsure: true);
        }

        // 2. What is transparent, where somebody will see it.
        for (var x = 0; _extends && x < Width; x++)
            if (_alpha[x] == 0) Paint(row, x, SubjectAt(x));
        _y++;
        return row;
    }

    public override void Dispose()
    {
        _photo.Dispose();
        _mask.Dispose();
        ArrayPool<byte>.Shared.Return(_row);
        ArrayPool<byte>.Shared.Return(_alpha);
        base.Dispose();
    }

    /// <summary>The next half-transparent pixel, or the end of the stretch.</summary>
    private int NextSoft(int from, int end)
    {
        if (from >= end) return from;
        var soft = _alpha.AsSpan(from, end - from).IndexOfAnyInRange((byte)1, (byte)254);
        return soft < 0 ? end : from + soft;
    }

    /// <summary>The pixels that the next run of trusted samples reaches.</summary>
    private (int Start, int End) NextRun(ref int sample)
    {
        var trust = _trust.AsSpan();
        var first = trust[sample..].IndexOfAnyExcept(0f);
        if (first < 0) return (Width, Width);
        first += sample;
        var length = trust[first..].IndexOf(0f);
        sample = length < 0 ? trust.Length : first + length;
        var (left, right) = (Math.Max(0, _gridX.Start), Math.Min(Width, _gridX.End));
        return (Math.Clamp(_gridX.FirstAfter(first - 1), left, right), Math.Clamp(_gridX.FirstAfter(sample), left, right));
    }

    /// <summary>The maps at the height of the row, made when the first pixel of a row asks for them.</summary>
    private void InterpolateMaps()
    {
        if (_mapsAt == _y) return;
        _mapsAt = _y;
        Interpolate(_gridY.At(_y), _maps.Width, _maps.Coefficients, _coefficients);
        var cell = _cellY.At(_y);
        Interpolate(cell, _maps.Colours.Width, _maps.Colours.Subject, _subject);
        Interpolate(cell, _maps.Colours.Width, _maps.Colours.Background, _background);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Clean(Span<byte> row, int x, bool isUnsure)
    {
        InterpolateMaps();
        var pixel = row[(x * Channels)..];
        var colour = Vector128.Create(pixel[0], pixel[1], pixel[2], 255f) * (1 / 255f);
        var alpha = _alpha[x] / 255f;
        if (isUnsure)
        {
            var (column, part) = _gridX.At(x);
            var next = Math.Min(column + 1, _maps.Width - 1);
            var trust = _trust[column] + (_trust[next] - _trust[column]) * part;
            alpha = EdgeMaps.Refine(alpha, GuidedFilter.Apply(Mix(_coefficients[column], _coefficients[next], part), colour), trust);
            _alpha[x] = (byte)(alpha * 255 + 0.5f);
        }
        if (_alpha[x] is 0 or 255) return;
        var (cell, between) = _cellX.At(x);
        var subject = SubjectAt(x);
        var background = Mix(_background[cell], _background[Math.Min(cell + 1, _maps.Colours.Width - 1)], between);
        // The pixel is a mix of both; what the mix of their cells does not explain goes to the subject.
        Paint(row, x, subject + alpha * (colour - alpha * subject - (1 - alpha) * background));
    }

    private Vector128<float> SubjectAt(int x)
    {
        InterpolateMaps();
        var (cell, part) = _cellX.At(x);
        return Mix(_subject[cell], _subject[Math.Min(cell + 1, _maps.Colours.Width - 1)], part);
    }

    private void Paint(Span<byte> row, int x, Vector128<float> colour)
    {
        var bytes = Vector128.ConvertToInt32(Vector128.Clamp(colour, Vector128<float>.Zero, Vector128<float>.One) * 255f + Vector128.Create(0.5f));
        var pixel = row[(x * Channels)..];
        (pixel[0], pixel[1], pixel[2]) = ((byte)bytes[0], (byte)bytes[1], (byte)bytes[2]);
    }

    private static bool Interpolate((int Index, float Part) at, int width, float[] map, float[] row)
    {
        var rows = map.Length / width;
        var one = map.AsSpan(at.Index * width, width);
        var other = map.AsSpan(Math.Min(at.Index + 1, rows - 1) * width, width);
        if (one.IndexOfAnyExcept(0f) < 0 && other.IndexOfAnyExcept(0f) < 0) return false;
        var x = 0;
        for (; x <= width - 8; x += 8) (Vector256.Create<float>(one[x..]) + (Vector256.Create<float>(other[x..]) - Vector256.Create<float>(one[x..])) * at.Part).CopyTo(row, x);
        for (; x < width; x++) row[x] = one[x] + (other[x] - one[x]) * at.Part;
        return true;
    }

    private static void Interpolate((int Index, float Part) at, int width, Vector128<float>[] map, Vector128<float>[] row)
    {
        var rows = map.Length / width;
        var one = map.AsSpan(at.Index * width, width);
        var other = map.AsSpan(Math.Min(at.Index + 1, rows - 1) * width, width);
        for (var x = 0; x < width; x++) row[x] = Mix(one[x], other[x], at.Part);
    }

    private static Vector128<float> Mix(Vector128<float> one, Vector128<float> other, float part) => one + (other - one) * part;

    /// <summary>Where pixels lie between the samples of a map that covers <paramref name="size"/> pixels from <paramref name="start"/> on.</summary>
    private readonly record struct Axis(int Samples, int Start, int Size)
    {
        private readonly float _scale = Samples / (float)Size;

        /// <summary>The pixel behind the last that is covered.</summary>
        public int End => Start + Size;

        /// <summary>The sample before a pixel, and how far it is to the next.</summary>
        public (int Index, float Part) At(int pixel)
        {
            var at = Math.Clamp((pixel - Start + 0.5f) * _scale - 0.5f, 0, Samples - 1);
            return ((int)at, at - (int)at);
        }

        /// <summary>The first pixel that lies behind a sample.</summary>
        public int FirstAfter(int sample) => (int)MathF.Ceiling((sample + 0.5f) * Size / Samples - 0.5f) + Start;
    }
}

/// <summary>The alpha of the row that <see cref="EdgeRows"/> gave last, without the photograph's own.</summary>
internal sealed class CleanAlphaRows(EdgeRows edges) : RowSource(edges.Width, edges.Height, channels: 1)
{
    public override ReadOnlySpan<byte> Next() => edges.Alpha;
}

/// <summary>The alpha of a cutout with clean edges, where nobody wants its colours.</summary>
internal sealed class EdgeAlphaRows(EdgeRows edges) : RowSource(edges.Width, edges.Height, channels: 1)
{
    private readonly byte[] _ownAlpha = new byte[edges.Width];

    public override ReadOnlySpan<byte> Next()
    {
        var photo = edges.Next();
        return edges.Channels == 4 ? PixelMath.TimesOwnAlpha(edges.Alpha, photo, _ownAlpha) : edges.Alpha;
    }

    public override void Dispose()
    {
        edges.Dispose();
        base.Dispose();
    }
}
