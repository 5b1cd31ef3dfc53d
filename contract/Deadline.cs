namespace Rembg.Contract;

/// <summary>The moment after which an answer is worth nothing, on the monotonic clock of one <see cref="TimeProvider"/>.</summary>
public readonly record struct Deadline(long Timestamp)
{
    public static Deadline After(TimeSpan left, TimeProvider time) =>
        new(time.GetTimestamp() + (long)(left.TotalSeconds * time.TimestampFrequency));

    public TimeSpan Left(TimeProvider time) => time.GetElapsedTime(time.GetTimestamp(), Timestamp);
}
