namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Looks at a body byte by byte, through a buffer whose size does not depend on the body's.</summary>
internal sealed class BodyScanner(Stream body)
{
    private readonly byte[] _buffer = new byte[16 << 10];
    private int _at, _end;

    /// <summary>The next bytes, as many as are here.</summary>
    public ReadOnlySpan<byte> Here => _buffer.AsSpan(_at.._end);

    public void Skip(int bytes) => _at += bytes;

    /// <summary>Makes sure that there is a next byte.</summary>
    /// <returns>False at the body's end.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_at < _end) return true;
        (_at, _end) = (0, await body.ReadAsync(_buffer, cancellationToken));
        return _end > 0;
    }

    /// <summary>The next byte, which stays the next one; -1 at the body's end.</summary>
    public async ValueTask<int> PeekAsync(CancellationToken cancellationToken) => await FillAsync(cancellationToken) ? _buffer[_at] : -1;

    /// <summary>All bytes before the first that <paramref name="ends"/>; null when there are more than <paramref name="maxBytes"/>.</summary>
    public async ValueTask<byte[]?> ReadUntilAsync(Func<byte, bool> ends, int maxBytes, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>();
        while (await PeekAsync(cancellationToken) is >= 0 and var next && !ends((byte)next))
        {
            if (bytes.Count == maxBytes) return null;
            bytes.Add((byte)next);
            Skip(1);
        }
        return [.. bytes];
    }
}
