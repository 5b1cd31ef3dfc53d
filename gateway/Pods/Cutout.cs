using System.Text.Json.Serialization;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Pods;

/// <summary>A picture as a pod made it. A handle on bytes that caches and requests share; they are never changed.</summary>
/// <param name="ContentType">Media type of the file.</param>
/// <param name="Width">Pixels; 0 when the pod did not say.</param>
/// <param name="Height">Pixels; 0 when the pod did not say.</param>
/// <param name="Foreground">Bounding box of the subject, "left top width height" in pixels; null when the pod did not say.</param>
/// <param name="ServerTiming">Where the pod's time went, as it said it.</param>
public sealed record Cutout(string ContentType, int Width, int Height, string? Foreground, string? ServerTiming) : IDisposable
{
    /// <summary>The file; empty where only the facts are kept.</summary>
    [JsonIgnore]
    public SharedBytes Content { get; init; } = SharedBytes.Empty;

    /// <summary>Width of the photograph in pixels; 0 when the pod did not say.</summary>
    public int MaxWidth { get; init; }

    /// <summary>Height of the photograph in pixels; 0 when the pod did not say.</summary>
    public int MaxHeight { get; init; }

    /// <summary>How unsure the model is, as the pod said it (<see cref="Rembg.Contract.PodHeaders.Uncertainty"/>); null when it did not.</summary>
    public string? Uncertainty { get; init; }

    /// <summary>Frames of the upload, of which the first was taken; 0 when the pod did not say.</summary>
    public int Frames { get; init; }

    /// <summary>Which version of model and pipeline made it (<see cref="Rembg.Contract.PodHeaders.Version"/>); null when the pod did not say.</summary>
    public string? Version { get; init; }

    /// <summary>The mask that it was drawn with, on its way from the pod to the cache of masks; null elsewhere, or when the pod gave none.</summary>
    [JsonIgnore]
    public Mask? Mask { get; init; }

    /// <summary>Drawn with a mask that the pod was given: no model ran.</summary>
    [JsonIgnore]
    public bool IsRedrawn { get; init; }

    /// <summary>Another handle, for another request.</summary>
    public Cutout Share() => this with { Content = Content.Share() };

    /// <summary>Null when this handle has been disposed meanwhile, as a cache does with what it lets go.</summary>
    public Cutout? TryShare() => Content.TryShare() is { } content ? this with { Content = content } : null;

    /// <summary>Another handle, for a cache or a queue with a budget of its own.</summary>
    public Cutout Keep() => this with { Content = Content.Keep() };

    public void Dispose() => Content.Dispose();
}
