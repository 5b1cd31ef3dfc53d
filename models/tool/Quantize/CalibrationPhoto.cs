using System.Security.Cryptography;
using NetVips;

namespace Rembg.Models.Quantize;

/// <summary>A photograph that was measured.</summary>
/// <param name="File">Its name in the folder that was given.</param>
/// <param name="Sha256">Of its bytes, lower-case hex.</param>
public sealed record CalibrationPhoto(string File, string Sha256)
{
    /// <summary>The files of a folder, by name; hidden ones are left out.</summary>
    /// <exception cref="ModelException">There is no such folder.</exception>
    internal static IReadOnlyList<CalibrationPhoto> In(string folder) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder).Select(Path.GetFileName).Where(file => !file!.StartsWith('.')).Order(StringComparer.Ordinal).Select(file => Of(folder, file!))]
        : throw new ModelException($"There is no folder {folder}.");

    /// <summary>Upright, resized to the model's size with its aspect ratio not kept, alpha dropped: height × width × 3 bytes.</summary>
    /// <exception cref="ModelException">libvips cannot read the file as a photograph.</exception>
    internal byte[] Decode(string folder, int width, int height)
    {
        try
        {
            using var resized = Image.Thumbnail(Path.Combine(folder, File), width, height: height, size: Enums.Size.Force);
            using var colour = resized.Colourspace(Enums.Interpretation.Srgb);
            using var opaque = colour.ExtractBand(0, n: 3);
            using var bytes = opaque.Cast(Enums.BandFormat.Uchar);
            return bytes.WriteToMemory<byte>();
        }
        catch (VipsException e)
        {
            throw new ModelException($"{Path.Combine(folder, File)} cannot be read as a photograph: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static CalibrationPhoto Of(string folder, string file)
    {
        using var stream = System.IO.File.OpenRead(Path.Combine(folder, file));
        return new(file, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
