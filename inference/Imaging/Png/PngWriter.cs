using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.IO.Pipelines;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Writes a PNG while its rows are made (W3C PNG, third edition): filter Paeth, deflate, IDAT chunks straight into the pipe.
/// </summary>
internal sealed class PngWriter : IDisposable
{
    // Filtered photographs hold runs of equal bytes, and nothing else that repeats: looking for runs alone takes a quarter of
    // level 6's time and finds as much.
    internal static readonly ZLibCompressionOptions Deflate = new() { CompressionStrategy = ZLibCompressionStrategy.RunLengthEncoding };

    private readonly PipeWriter _output;
    private readonly IdatStream _idat;
    private readonly ZLibStream _zlib;
    private readonly byte[] _previous, _filtered;
    private readonly int _stride, _channels;

    /// <param name="channels">1 grey, 3 RGB, 4 RGBA; 8 bits each.</param>
    public PngWriter(PipeWriter output, int width, int height, int channels)
    {
        (_output, _channels, _stride) = (output, channels, width * channels);
        _previous = ArrayPool<byte>.Shared.Rent(_stride);
        _filtered = ArrayPool<byte>.Shared.Rent(1 + _stride);
        _previous.AsSpan(0, _stride).Clear();
        _filtered[0] = PngFilter.Paeth;

        output.Write(PngHeader.Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = channels switch { 1 => 0, 3 => 2, _ => 6 };
        header[10..].Clear();
        WriteChunk(output, "IHDR"u8, header);
        _idat = new(output);
        _zlib = new(_idat, Deflate, leaveOpen: true);
    }

    public void WriteRow(ReadOnlySpan<byte> row)
    {
        PngFilter.SubtractPaeth(row, _previous.AsSpan(0, _stride), _channels, _filtered.AsSpan(1, _stride));
        _zlib.Write(_filtered, 0, 1 + _stride);
        row.CopyTo(_previous);
    }

    public void Finish()
    {
        _zlib.Dispose();
        _idat.Flush();
        WriteChunk(_output, "IEND"u8, []);
    }

    public void Dispose()
    {
        _idat.Discard();
        _zlib.Dispose();
        _idat.Dispose();
        ArrayPool<byte>.Shared.Return(_previous);
        ArrayPool<byte>.Shared.Return(_filtered);
    }

    /// <summary>Length, type, data, CRC-32 over type and data.</summary>
    internal static void WriteChunk(PipeWriter output, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var chunk = output.GetSpan(12 + data.Length);
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk[4..]);
        data.CopyTo(chunk[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[(8 + data.Length)..], Crc32.HashToUInt32(chunk.Slice(4, 4 + data.Length)));
        output.Advance(12 + data.Length);
    }
}
