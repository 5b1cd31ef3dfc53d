using System.Globalization;
using System.Text.Json.Serialization;

namespace Rembg.Models.Quantize;

/// <summary>How like two masks of the same photograph are.</summary>
/// <param name="Iou">Sum of the pixels' minima over the sum of their maxima; 1 when both are the same.</param>
/// <param name="Mae">Mean absolute difference, 0 to 1.</param>
public readonly record struct MaskAgreement(double Iou, double Mae)
{
    public static MaskAgreement Of(ReadOnlySpan<byte> mask, ReadOnlySpan<byte> other)
    {
        long least = 0, most = 0;
        for (var i = 0; i < mask.Length; i++)
        {
            least += Math.Min(mask[i], other[i]);
            most += Math.Max(mask[i], other[i]);
        }
        return new(most == 0 ? 1 : (double)least / most, (most - least) / 255.0 / mask.Length);
    }
}

/// <summary>A photograph, and how like its int8 mask is to that of full precision.</summary>
public sealed record VerifiedPhoto(string File, string Sha256, double Iou, double Mae);

/// <summary>What an int8 file gave on photographs that did not calibrate it, beside full precision.</summary>
/// <param name="Sha256">Of the int8 file, lower-case hex: only this file is verified.</param>
/// <param name="IouMean">Over the photographs.</param>
/// <param name="IouLeast">Of the photographs.</param>
/// <param name="MaeMean">Over the photographs.</param>
/// <param name="Photos">Each of them.</param>
public sealed record Verification(string Sha256, double IouMean, double IouLeast, double MaeMean, IReadOnlyList<VerifiedPhoto> Photos)
{
    /// <summary>The bars that an int8 file must hold. Photographs lie above 0.97; the least is that of drawings.</summary>
    private const double LeastIouMean = 0.99, LeastIou = 0.95, MostMaeMean = 0.01;

    public static Verification Of(string sha256, IReadOnlyList<VerifiedPhoto> photos) =>
        new(sha256, Round(photos.Average(photo => photo.Iou)), photos.Min(photo => photo.Iou), Round(photos.Average(photo => photo.Mae)), photos);

    /// <summary>The figures beside their bars, for people.</summary>
    [JsonIgnore]
    public string Summary => string.Create(CultureInfo.InvariantCulture,
        $"int8 beside full precision on {Photos.Count} photographs that did not calibrate it: IoU {IouMean} in the mean (bar {LeastIouMean}), {IouLeast} at the least (bar {LeastIou}, {Photos.MinBy(photo => photo.Iou)!.File}), MAE {MaeMean} (bar {MostMaeMean})");

    /// <exception cref="ModelException">A bar is not held; the message gives the figures.</exception>
    public void Demand()
    {
        if (IouMean >= LeastIouMean && IouLeast >= LeastIou && MaeMean <= MostMaeMean) return;
        throw new ModelException($"Not kept, {Summary}. Calibrate with more photographs of the kinds that you cut out; until then the model runs in full precision.");
    }

    internal static double Round(double value) => Math.Round(value, 4);
}
