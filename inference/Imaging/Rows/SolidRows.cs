namespace Rembg.Inference.Imaging;

/// <summary>A picture of one colour.</summary>
internal sealed class SolidRows : RowSource
{
    private readonly byte[] _row;

    /// <param name="pixel">One byte a channel.</param>
    public SolidRows(int width, int height, ReadOnlySpan<byte> pixel) : base(width, height, pixel.Length)
    {
        _row = new byte[Stride];
        for (var x = 0; x < width; x++) pixel.CopyTo(_row.AsSpan(x * Channels));
    }

    public override ReadOnlySpan<byte> Next() => _row;

    public override void Skip(int rows) { }
}
