using System.Buffers;
using System.Numerics;

namespace Rembg.Inference.Imaging;

/// <summary>Morphological opening with a disk of radius 1 (a pixel and its four neighbours): first the least of them, then the greatest.</summary>
internal sealed class OpenedRows(RowSource source) : RowSource(source.Width, source.Height, channels: 1)
{
    private readonly Plus<Greatest> _opened = new(new Plus<Least>(source));

    public override ReadOnlySpan<byte> Next() => _opened.Next();

    public override void Dispose()
    {
        _opened.Dispose();
        base.Dispose();
    }

    /// <summary>Which of two samples stays; what lies outside the picture never does.</summary>
    private interface IPick
    {
        static abstract byte Outside { get; }
        static abstract byte Of(byte a, byte b);
        static abstract Vector<byte> Of(Vector<byte> a, Vector<byte> b);
    }

    private readonly struct Least : IPick
    {
        public static byte Outside => 255;
        public static byte Of(byte a, byte b) => Math.Min(a, b);
        public static Vector<byte> Of(Vector<byte> a, Vector<byte> b) => Vector.Min(a, b);
    }

    private readonly struct Greatest : IPick
    {
        public static byte Outside => 0;
        public static byte Of(byte a, byte b) => Math.Max(a, b);
        public static Vector<byte> Of(Vector<byte> a, Vector<byte> b) => Vector.Max(a, b);
    }

    /// <summary>One of the two passes.</summary>
    private sealed class Plus<TPick> : RowSource where TPick : struct, IPick
    {
        private readonly RowSource _source;
        private readonly byte[] _row;
        private byte[] _above, _here, _below;
        private int _read;

        public Plus(RowSource source) : base(source.Width, source.Height, channels: 1)
        {
            _source = source;
            _row = ArrayPool<byte>.Shared.Rent(Width);
            (_above, _here, _below) = (Rent(), Rent(), Rent());
            Read(_below);
        }

        public override ReadOnlySpan<byte> Next()
        {
            (_above, _here, _below) = (_here, _below, _above);
            Read(_below);
            var x = 0;
            for (; x <= Width - Vector<byte>.Count; x += Vector<byte>.Count)
            {
                var column = TPick.Of(TPick.Of(new Vector<byte>(_above, x + 1), new(_below, x + 1)), new(_here, x + 1));
                TPick.Of(column, TPick.Of(new Vector<byte>(_here, x), new(_here, x + 2))).CopyTo(_row, x);
            }
            for (; x < Width; x++)
            {
                var column = TPick.Of(TPick.Of(_above[x + 1], _below[x + 1]), _here[x + 1]);
                _row[x] = TPick.Of(column, TPick.Of(_here[x], _here[x + 2]));
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
            row.AsSpan().Fill(TPick.Outside);
            return row;
        }

        private void Read(byte[] row)
        {
            if (_read++ < Height) _source.Next().CopyTo(row.AsSpan(1));
            else row.AsSpan().Fill(TPick.Outside);
        }
    }
}
