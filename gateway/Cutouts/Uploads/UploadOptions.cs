using System.ComponentModel.DataAnnotations;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>How much a client may send, and how much all of them together.</summary>
public sealed class UploadOptions
{
    public const string Section = "Uploads";

    /// <summary>Bytes of one image; more is 413.</summary>
    [Range(1024, 1 << 30, ErrorMessage = "Uploads:MaxBytes must be between 1 KiB and 1 GiB.")]
    public long MaxBytes { get; set; } = 25 << 20;

    /// <summary>
    /// Bytes of all uploads and answers that are held for requests in flight. An upload that does not fit is refused
    /// with 503 before it is read: this, and not the number of clients, decides how much memory the gateway takes.
    /// </summary>
    [Range(1 << 20, long.MaxValue, ErrorMessage = "Uploads:MaxBytesInFlight must be at least 1 MiB.")]
    public long MaxBytesInFlight { get; set; } = 512 << 20;

    /// <summary>
    /// Time for a whole body. Kestrel's least data rate alone would let a slow client hold its connection for hours.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "Uploads:Timeout must be between 0.1 s and 1 h.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most bytes of a body that holds an image of <see cref="MaxBytes"/>: bare, in a form, or in a form as base64.</summary>
    internal long MaxBodyBytes(UploadFields? form) => form switch
    {
        null => MaxBytes,
        { Base64: null } => MaxBytes + FormOverheadBytes,
        _ => MaxBytes * 4 / 3 + FormOverheadBytes,
    };

    /// <summary>Most bytes of any body; what Kestrel enforces.</summary>
    internal long MaxAnyBodyBytes => MaxBytes * 4 / 3 + FormOverheadBytes;

    /// <summary>Boundaries, part headers and other fields around the image.</summary>
    private const long FormOverheadBytes = 64 << 10;
}
