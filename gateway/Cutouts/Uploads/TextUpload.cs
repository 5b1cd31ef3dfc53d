using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A JSON or urlencoded body whose fields hold the image as base64 text. Read whole: its fields come in any order.</summary>
internal sealed class TextUpload(UploadFields fields, MemoryBudget memory, UploadOptions options)
{
    private const int MaxFields = 64;
    private byte[]? _image;

    public static bool IsText(HttpRequest request) => request.HasJsonContentType() || request.HasFormContentType;

    /// <summary>Fills <paramref name="buffer"/> and adds to <paramref name="parameters"/>.</summary>
    public async Task ReadAsync(
        HttpRequest request, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        // The text (a form's is UTF-16, and copied once) and the image that is decoded from it are there at the same time.
        var isJson = request.HasJsonContentType();
        var textBytes = Math.Min(request.ContentLength ?? long.MaxValue, options.MaxBodyBytes(fields));
        using var room = memory.Reserve(textBytes * (isJson ? 2 : 6));
        if (isJson) await ReadJsonAsync(request, parameters, cancellationToken);
        else await ReadPairsAsync(request, textBytes, parameters, cancellationToken);
        if (_image is not null) await buffer.ReadAsync(new MemoryStream(_image), options.MaxBytes, cancellationToken);
    }

    private async Task ReadJsonAsync(HttpRequest request, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, new() { MaxDepth = 4 }, cancellationToken);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException();
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (field.Name == fields.Base64) Decode(field.Value.ValueKind == JsonValueKind.String && field.Value.TryGetBytesFromBase64(out var image) ? image : null);
                else if (Text(field) is { } text) parameters.Add(new(field.Name, text));
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException) // the latter: half a surrogate pair
        {
            throw Problem.InvalidRequest("The body is not a JSON object of the documented form.").AsException();
        }
    }

    private async Task ReadPairsAsync(HttpRequest request, long maxBytes, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new FormReader(request.Body) { ValueCountLimit = MaxFields, ValueLengthLimit = (int)Math.Min(int.MaxValue, maxBytes) };
            foreach (var (name, values) in await reader.ReadFormAsync(cancellationToken))
                foreach (var value in values)
                {
                    if (name == fields.Base64) Decode(Base64Bytes(value ?? ""));
                    else parameters.Add(new(name, value ?? ""));
                }
        }
        catch (InvalidDataException)
        {
            throw Problem.InvalidRequest($"The urlencoded body has more than {MaxFields} fields, or names that are too long.").AsException();
        }
    }

    private void Decode(byte[]? image)
    {
        if (_image is not null) throw Problem.MultipleImages().AsException();
        _image = image ?? throw Problem.InvalidParameter(fields.Base64!, "is not valid base64").AsException();
    }

    private static byte[]? Base64Bytes(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Base64.DecodeFromUtf8InPlace(utf8, out var written) == System.Buffers.OperationStatus.Done ? utf8[..written] : null;
    }

    /// <summary>As it would stand in a form; null, which says "the default", is not there at all.</summary>
    private static string? Text(JsonProperty field) => field.Value.ValueKind switch
    {
        JsonValueKind.String => field.Value.GetString(),
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number => field.Value.GetRawText(),
        JsonValueKind.Null => null,
        _ => throw Problem.InvalidParameter(field.Name, "must be text, a number, true or false").AsException(),
    };
}
