using System.Buffers;

namespace Rembg.Inference.Imaging;

/// <summary>Morphological opening with a disk of radius 1 (a pixel and its four neighbours): first the least of them, then the greatest.</summary>
internal sealed class OpenedRows(RowSource source) : RowSource(source.Width, source.Height, channels: 1)
{
    private readonly Plus _opened = new(new Plus(source, Math.Min, outside: 255), Math.Max, outside: 0);

    public override ReadOnlySpan<byte> Next() => _opened.Next();

    public override void Dispose()
    {
        _opened.Dispose();
        base.Dispose();
    }

    /// <summary>One of the two passes; what lies outside the picture never decides.</summary>
    private sealed class Plus : RowSource
    {
        private readonly RowSource _source;
        private readonly Func<byte, byte, byte> _pick;
        private readonly byte _outside;
        private readonly byte[] _row;
        private byte[] _above, _here, _below;
        private int _read;

        public Plus(RowSource source, Func<byte, byte, byte> pick, byte outside) : base(source.Width, source.Height, channels: 1)
        {
            (_source, _pick, _outside) = (source, pick, outside);
            _row = ArrayPool<byte>.Shared.Rent(Width);
            (_above, _here, _below) = (Rent(), Rent(), Rent());
            Read(_below);
        }

        public override ReadOnlySpan<byte> Next()
        {
            (_above, _here, _below) = (_here, _below, _above);
            Read(_below);
            for (var x = 0; x < Width; x++)
            {
                var column = _pick(_pick(_above[x + 1], _below[x + 1]), _here[x + 1]);
                _row[x] = _pick(column, _pick(_here[x], _here[x + 2]));
            }
            return _row.AsSpan(0, Width);
        }

        public override void Dispose()
        {
            _source.Dispose();
            foreach (var row in (byte[][])[_row, _above, _here, _below]) ArrayPool<byte>.Shared.Return(row);
            base.Dispose();
        }

        /// <summary>A row with one sample of the outside at both ends, and wholly of it at first.</summary>
        private byte[] Rent()
        {
            var row = ArrayPool<byte>.Shared.Rent(Width + 2);
            row.AsSpan().Fill(_outside);
            return row;
        }

        private void Read(byte[] row)
        {
            if (_read++ < Height) _source.Next().CopyTo(row.AsSpan(1));
            else row.AsSpan().Fill(_outside);
        }
    }
}
