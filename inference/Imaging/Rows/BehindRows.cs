namespace Rembg.Inference.Imaging;

/// <summary>A grey alpha with a background of one alpha behind it.</summary>
internal sealed class BehindRows(RowSource alpha, byte behind) : RowSource(alpha.Width, alpha.Height, channels: 1)
{
    private readonly byte[] _row = new byte[alpha.Width];

    public override ReadOnlySpan<byte> Next()
    {
        var row = alpha.Next();
        for (var x = 0; x < row.Length; x++) _row[x] = (byte)(row[x] + ((255 - row[x]) * behind + 127) / 255);
        return _row;
    }

    public override void Dispose()
    {
        alpha.Dispose();
        base.Dispose();
    }
}
