using System.Buffers;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Http;

/// <summary>The body of a request in pooled memory, bounded: an image, and perhaps its mask after it.</summary>
internal sealed class RequestImage : IDisposable
{
    private byte[] _buffer;
    private readonly int _maskBytes;
    private int _length;

    private RequestImage(int capacity, int maskBytes) => (_buffer, _maskBytes) = (ArrayPool<byte>.Shared.Rent(capacity), maskBytes);

    public ReadOnlyMemory<byte> Image => _buffer.AsMemory(0, _length - _maskBytes);

    /// <summary>Packed; empty for none.</summary>
    public ReadOnlyMemory<byte> Mask => _buffer.AsMemory(_length - _maskBytes, _maskBytes);

    /// <exception cref="ProblemException">400 when empty, 413 when the image is over <paramref name="maxBytes"/>, by Content-Length before a byte is read.</exception>
    public static async Task<RequestImage> ReadAsync(HttpRequest request, int maxBytes, int maskBytes, CancellationToken cancellation)
    {
        if (request.ContentLength - maskBytes > maxBytes) throw Problem.ImageTooLarge(maxBytes).AsException();
        var upload = new RequestImage((int)(request.ContentLength ?? 64 * 1024) + 1, maskBytes);
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(upload._buffer.AsMemory(upload._length), cancellation)) > 0)
            {
                upload._length += read;
                if (upload._length - maskBytes > maxBytes) throw Problem.ImageTooLarge(maxBytes).AsException();
                if (upload._length == upload._buffer.Length) upload.Grow();
            }
            if (upload._length <= maskBytes) throw Problem.MissingImage("The body holds no image.").AsException();
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
