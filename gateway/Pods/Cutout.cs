using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Rembg.Gateway.Pods;

/// <summary>A picture as a pod made it. Never changed, so caches and answers share the same bytes.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="ContentType">Media type of <paramref name="Bytes"/>.</param>
/// <param name="Width">Pixels; 0 when the pod did not say.</param>
/// <param name="Height">Pixels; 0 when the pod did not say.</param>
/// <param name="Foreground">Bounding box of the subject, "left top width height" in pixels; null when the pod did not say.</param>
/// <param name="ServerTiming">Where the pod's time went, as it said it.</param>
[ImmutableObject(true)]
public sealed record Cutout([property: JsonIgnore] ReadOnlyMemory<byte> Bytes, string ContentType, int Width, int Height, string? Foreground, string? ServerTiming)
{
    /// <summary>Width of the photograph in pixels; 0 when the pod did not say.</summary>
    public int MaxWidth { get; init; }

    /// <summary>Height of the photograph in pixels; 0 when the pod did not say.</summary>
    public int MaxHeight { get; init; }

    /// <summary>Frames of the upload, of which the first was taken; 0 when the pod did not say.</summary>
    public int Frames { get; init; }

    /// <summary>Which version of model and pipeline made it (<see cref="Rembg.Contract.PodHeaders.Version"/>); null when the pod did not say.</summary>
    public string? Version { get; init; }
}
