using System.ComponentModel.DataAnnotations;

namespace Rembg.Inference.Admission;

/// <summary>How much a pod takes on. Together with the model these figures are its peak memory.</summary>
public sealed class AdmissionOptions
{
    public const string Section = "Admission";

    /// <summary>Requests in the pod at once, waiting and running; one more is answered 503.</summary>
    [Range(1, 100_000)] public int MaxRequests { get; set; } = 256;

    /// <summary>MiB that admitted requests may hold while they wait: their uploads and model inputs; more is answered 503.</summary>
    [Range(32, 1_000_000)] public int MaxWaitingMiB { get; set; } = 1024;

    /// <summary>MiB of full-resolution pixels that may exist at once. Who does not fit waits; an image that alone takes more is refused with 422.</summary>
    [Range(32, 1_000_000)] public int MaxPixelMiB { get; set; } = 512;
}
