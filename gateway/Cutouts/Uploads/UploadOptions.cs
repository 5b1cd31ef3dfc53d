using System.ComponentModel.DataAnnotations;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>How much a client may send, and how much all of them together.</summary>
public sealed class UploadOptions
{
    public const string Section = "Uploads";

    /// <summary>Bytes of one image; more is 413.</summary>
    [Range(1024, 1 << 30, ErrorMessage = "Uploads:MaxBytes must be between 1 KiB and 1 GiB.")]
    public long MaxBytes { get; set; } = 25 << 20;

    /// <summary>
    /// Bytes of uploads and answers that are held for requests in flight. Uploads may fill three quarters: one more is answered
    /// 503. Answers that find no room wait at their pods. This, and not the number of clients, decides how much memory the gateway takes.
    /// </summary>
    [Range(1 << 20, long.MaxValue, ErrorMessage = "Uploads:MaxBytesInFlight must be at least 1 MiB.")]
    public long MaxBytesInFlight { get; set; } = 512 << 20;

    /// <summary>The part of <see cref="MaxBytesInFlight"/> that one client may fill. Uploads beyond it wait for their turn, and are answered 429 when it has not come in <see cref="Timeout"/>.</summary>
    [Range(0.001, 1.0, ErrorMessage = "Uploads:ClientShare must be between 0.001 and 1.")]
    public double ClientShare { get; set; } = 0.125;

    /// <summary>
    /// Time for a whole body; where its length is known, the time of <see cref="MinBytesPerSecond"/> is added. Kestrel's least data
    /// rate alone would let a slow client hold its connection for hours.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "Uploads:Timeout must be between 0.1 s and 1 h.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The slowest rate at which a body of known length may come, after <see cref="Timeout"/>: a photo of 4 MB from a phone on a slow line has two minutes more.</summary>
    [Range(1024, 1_000_000_000, ErrorMessage = "Uploads:MinBytesPerSecond must be between 1024 and 1000000000.")]
    public double MinBytesPerSecond { get; set; } = 32 << 10;

    internal TimeSpan TimeFor(long? contentLength) => Timeout + TimeSpan.FromSeconds((contentLength ?? 0) / MinBytesPerSecond);

    internal MemoryBudget ToBudget(TimeProvider time) => new(MaxBytesInFlight, ClientShare, time);

    internal UploadTurns ToTurns() => new((long)(MaxBytesInFlight * ClientShare * MemoryBudget.UploadShare));

    /// <summary>Most bytes of a body that holds an image of <see cref="MaxBytes"/>: bare, in a form, or in a form as base64.</summary>
    internal long MaxBodyBytes(UploadFields? form) => form switch
    {
        null => MaxBytes,
        { Base64: null } => MaxFileBytes(form) + FormOverheadBytes,
        _ => MaxFileBytes(form) + MaxBytes / 3 + FormOverheadBytes,
    };

    /// <summary>Most bytes of the files in a form: the image, and its background where the API takes one.</summary>
    internal long MaxFileBytes(UploadFields form) => form.Background is null ? MaxBytes : 2 * MaxBytes;

    /// <summary>Boundaries, part headers and other fields around the image.</summary>
    private const long FormOverheadBytes = 64 << 10;
}
