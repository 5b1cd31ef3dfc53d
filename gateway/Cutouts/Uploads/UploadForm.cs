namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A request's body and query, read: one image and the parameters, in the order they came, repeated ones too.</summary>
public sealed record UploadForm(Upload Image, IReadOnlyList<KeyValuePair<string, string>> Parameters) : IDisposable
{
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
    /// <summary>Of our own API.</summary>
    public static UploadFields Default { get; } = new(new HashSet<string> { "file", "image_file", "image", "imageFile" }, TakesRaw: true, Url: "image_url", EmptyIsAbsent: false, TakesAnyFile: true);
}
