using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Memory;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tasks;

/// <summary>A finished task's answer without its bytes.</summary>
/// <param name="Metadata">The cutout; its bytes are empty.</param>
/// <param name="Key">Value of the answer's <see cref="CutoutKey"/>; null for one without.</param>
/// <param name="Status">Whether a pod worked for it.</param>
/// <param name="Mask"><see cref="CutoutAnswer.Mask"/>; null in results of older gateways.</param>
/// <param name="RanMs"><see cref="CutoutAnswer.Ran"/>; likewise.</param>
internal sealed record TaskResult(Cutout Metadata, string? Key, CacheStatus Status, string? Mask = null, long? RanMs = null)
{
    public static TaskResult Of(CutoutAnswer answer) => new(answer.Cutout with { Content = SharedBytes.Empty }, answer.Key?.Value, answer.Status, answer.Mask, (long?)answer.Ran?.TotalMilliseconds);
}

/// <summary>A result's picture, on loan until disposed.</summary>
internal sealed class OpenResult(Cutout cutout) : IDisposable
{
    public Cutout Cutout { get; } = cutout;

    public void Dispose() => Cutout.Dispose();
}
