using System.Buffers;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Another size of a picture, by the reference's Lanczos filter: first along each row, then down the columns over as
/// many of those rows as one output row needs, which is all that is held. Colours are weighted by their alpha.
/// </summary>
internal sealed class ResizedRows : RowSource
{
    private readonly RowSource _source;
    private readonly LanczosWeights _across, _down;
    private readonly int _ringStride;
    private readonly float[] _line, _ring, _laneWeights;
    private readonly (int Start, int End)[] _used; // of each row of the ring, what is not zero: little of most masks
    private readonly int[] _offsets;
    private readonly byte[] _sums, _row;
    private int _read, _written;

    public ResizedRows(RowSource source, int width, int height)
        : this(source, new LanczosWeights(source.Width, width, source.Width), new LanczosWeights(source.Height, height, source.Height)) { }

    public ResizedRows(RowSource source, LanczosWeights across, LanczosWeights down) : base(across.Outputs, down.Outputs, source.Channels)
    {
        (_source, _across, _down) = (source, across, down);
        _ringStride = Width * Resampling.Lanes(Channels);
        _line = ArrayPool<float>.Shared.Rent((source.Width + LanczosWeights.Padding) * Resampling.Lanes(Channels));
        _line.AsSpan().Clear();
        _laneWeights = Channels == 1 ? [] : ArrayPool<float>.Shared.Rent(4 * Width * _across.Stride);
        if (Channels > 1) Resampling.SpreadWeights(_across, _laneWeights);
        _ring = ArrayPool<float>.Shared.Rent(_down.Taps * _ringStride);
        _used = new (int, int)[_down.Taps];
        _offsets = new int[_down.Taps];
        _sums = ArrayPool<byte>.Shared.Rent(_ringStride);
        _row = ArrayPool<byte>.Shared.Rent(Stride);
    }

    public override ReadOnlySpan<byte> Next()
    {
        var start = _down.Start(_written);
        if (_read < start)
        {
            _source.Skip(start - _read); // above a window of the picture
            _read = start;
        }
        while (_read < start + _down.Taps) ReadAcross();

        var (from, to) = Used();
        for (var tap = 0; tap < _offsets.Length; tap++) _offsets[tap] = (start + tap) % _down.Taps * _ringStride + from;
        var sums = _sums.AsSpan(0, _ringStride);
        sums[..from].Clear();
        Resampling.SumRows(_ring, _offsets, _down.Of(_written++), sums[from..to]);
        sums[to..].Clear();
        if (Channels == 1) return sums;
        var row = _row.AsSpan(0, Stride);
        Resampling.FromLanes(sums, row, Channels);
        return row;
    }

    public override void Dispose()
    {
        _source.Dispose();
        ArrayPool<float>.Shared.Return(_line);
        ArrayPool<float>.Shared.Return(_ring);
        if (Channels > 1) ArrayPool<float>.Shared.Return(_laneWeights);
        ArrayPool<byte>.Shared.Return(_sums);
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }

    private void ReadAcross()
    {
        var row = _source.Next();
        var slot = _read++ % _down.Taps;
        var output = _ring.AsSpan(slot * _ringStride, _ringStride);
        Resampling.ToLanes(row, _line, Channels);
        if (Channels > 1)
        {
            Resampling.AcrossColour(_line, _across, _laneWeights, output);
            _used[slot] = (0, _ringStride);
        }
        else
        {
            Resampling.AcrossGrey(row, _line, _across, output);
            _used[slot] = (Math.Max(0, output.IndexOfAnyExcept(0f)), output.LastIndexOfAnyExcept(0f) + 1);
        }
    }

    /// <summary>What is not zero in all rows of the ring together; empty where there is nothing.</summary>
    private (int From, int To) Used()
    {
        var (from, to) = (_ringStride, 0);
        foreach (var (start, end) in _used)
            if (start < end) (from, to) = (Math.Min(from, start), Math.Max(to, end));
        return (Math.Min(from, to), to);
    }
}
