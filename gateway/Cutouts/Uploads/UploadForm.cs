using Rembg.Contract.Cutouts;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A request's body and query, read: one image, perhaps its background, and the parameters, in the order they came, repeated ones too.</summary>
/// <param name="Image">With the background's bytes after its own.</param>
/// <param name="Background">What they are; null for none.</param>
/// <param name="Parameters">All other fields.</param>
public sealed record UploadForm(Upload Image, BackgroundImage? Background, IReadOnlyList<KeyValuePair<string, string>> Parameters) : IDisposable
{
    /// <summary>Null without a background.</summary>
    public ImageFormat? BackgroundFormat { get; init; }

    public void Dispose() => Image.Dispose();
}

/// <summary>Names of the form fields that hold the image; they differ between the APIs we speak.</summary>
/// <param name="Files">Fields with the file itself.</param>
/// <param name="TakesRaw">Whether the body may be the bare image.</param>
/// <param name="Base64">Field with the file as base64 text, if the API has one; its body may then be JSON or urlencoded too.</param>
/// <param name="Url">Field with the URL of the image, if the API has one. A body with nothing but short fields may then be JSON too.</param>
/// <param name="EmptyIsAbsent">Whether a field for the image that holds nothing counts as not sent. HTML forms send all of their fields.</param>
/// <param name="TakesAnyFile">Whether a part with a file name is the image whatever the field's name.</param>
public sealed record UploadFields(IReadOnlySet<string> Files, bool TakesRaw = false, string? Base64 = null, string? Url = null, bool EmptyIsAbsent = true, bool TakesAnyFile = false)
{
    /// <summary>Fields with an image behind the subject; null for an API that has none.</summary>
    public BackgroundFields? Background { get; init; }

    /// <summary>Of our own API.</summary>
    public static UploadFields Default { get; } = new(new HashSet<string> { "file", "image_file", "image", "imageFile" }, TakesRaw: true, Url: "image_url", EmptyIsAbsent: false, TakesAnyFile: true)
    {
        Background = new(BackgroundImage.Name, "bg_image_url", "bg_color"),
    };
}

/// <param name="File">Field with the file.</param>
/// <param name="Url">Field with its URL.</param>
/// <param name="Colour">Parameter with a colour instead of either.</param>
public sealed record BackgroundFields(string File, string Url, string Colour);
