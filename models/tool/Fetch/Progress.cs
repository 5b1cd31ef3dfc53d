namespace Rembg.Models.Fetch;

/// <summary>How far a download is: one line rewritten in place on a terminal, a line every ten seconds in a log.</summary>
public sealed class Progress(TextWriter writer, bool terminal, TimeProvider time)
{
    private readonly TimeSpan _interval = terminal ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(10);
    private long? _last;
    private bool _open;

    /// <summary>Shows the state unless it was shown a moment ago. Bytes; a total of 0 is not known.</summary>
    public void Report(string what, long done, long total)
    {
        if (_last is { } last && time.GetElapsedTime(last) < _interval) return;
        _last = time.GetTimestamp();
        var text = total > 0 ? $"{what}: {Megabytes(done)} of {Megabytes(total)} MB ({Math.Min(100, done * 100 / total)} %)" : $"{what}: {Megabytes(done)} MB";
        // On a terminal: back to the start of the line, and clear what a longer text left behind.
        if (terminal) writer.Write($"\r{text}\e[K");
        else writer.WriteLine(text);
        _open = terminal;
    }

    /// <summary>A line of its own, which stays.</summary>
    public void Say(string line)
    {
        if (_open) writer.Write("\r\e[K");
        _open = false;
        _last = null;
        writer.WriteLine(line);
    }

    private static long Megabytes(long bytes) => bytes / 1_000_000;
}
