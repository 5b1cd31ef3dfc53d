using System.Globalization;

namespace Rembg.Contract.Cutouts;

/// <summary>
/// An image behind the subject. Its bytes follow those of the image wherever they go: into the memory of the gateway, the store of
/// tasks, the body that a pod is sent. The options say how many they are, and which: cutouts over two backgrounds are two cutouts.
/// </summary>
/// <param name="Bytes">Of the file.</param>
/// <param name="Sha256">Of the file, 64 hex digits in lower case.</param>
public sealed record BackgroundImage(int Bytes, string Sha256)
{
    /// <summary>In the canonical query, and of the form field in our own API.</summary>
    public const string Name = "bg_image";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Bytes}-{Sha256}");

    /// <returns>Null for anything but what <see cref="ToString"/> gives.</returns>
    public static BackgroundImage? Parse(string text) =>
        text.Split('-') is [var bytes, { Length: 64 } sha256]
        && int.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length > 0
        && sha256.All(char.IsAsciiHexDigitLower) ? new(length, sha256) : null;
}
