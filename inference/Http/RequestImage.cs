using System.Buffers;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Http;

/// <summary>The body of a request in pooled memory, bounded: an image, perhaps a background after it, and perhaps the image's mask after that.</summary>
internal sealed class RequestImage : IDisposable
{
    private byte[] _buffer;
    private readonly int _backgroundBytes, _maskBytes;
    private int _length;

    private RequestImage(int capacity, int backgroundBytes, int maskBytes) =>
        (_buffer, _backgroundBytes, _maskBytes) = (ArrayPool<byte>.Shared.Rent(capacity), backgroundBytes, maskBytes);

    public ReadOnlyMemory<byte> Image => _buffer.AsMemory(0, _length - _maskBytes - _backgroundBytes);

    /// <summary>A file; empty for none.</summary>
    public ReadOnlyMemory<byte> Background => _buffer.AsMemory(_length - _maskBytes - _backgroundBytes, _backgroundBytes);

    /// <summary>Packed; empty for none.</summary>
    public ReadOnlyMemory<byte> Mask => _buffer.AsMemory(_length - _maskBytes, _maskBytes);

    /// <param name="request">Its body has not been touched.</param>
    /// <param name="maxBytes">Of the image, and of the background.</param>
    /// <param name="backgroundBytes">0 for none.</param>
    /// <param name="maskBytes">0 for none.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="ProblemException">400 when empty, 413 when a file is over <paramref name="maxBytes"/>, by Content-Length before a byte is read.</exception>
    public static async Task<RequestImage> ReadAsync(HttpRequest request, int maxBytes, int backgroundBytes, int maskBytes, CancellationToken cancellation)
    {
        var tail = (long)backgroundBytes + maskBytes;
        if (backgroundBytes > maxBytes || request.ContentLength - tail > maxBytes) throw Problem.ImageTooLarge(maxBytes).AsException();
        var upload = new RequestImage((int)(request.ContentLength ?? 64 * 1024) + 1, backgroundBytes, maskBytes);
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(upload._buffer.AsMemory(upload._length), cancellation)) > 0)
            {
                upload._length += read;
                if (upload._length - tail > maxBytes) throw Problem.ImageTooLarge(maxBytes).AsException();
                if (upload._length == upload._buffer.Length) upload.Grow();
            }
            if (upload._length <= tail) throw Problem.MissingImage("The body holds no image.").AsException();
            return upload;
        }
        catch (IOException malformed) when (malformed is not BadHttpRequestException)
        {
            upload.Dispose();
            throw Problem.InvalidRequest("The body cannot be read.").AsException(); // such as a chunk of 2^64 - 1 bytes
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }
}
