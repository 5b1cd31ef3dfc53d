using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A multipart/form-data body with one image and a few short fields, read part by part as it arrives.</summary>
internal sealed class MultipartUpload(UploadFields fields, long maxBytes)
{
    private const int MaxParts = 32;
    private const int MaxFieldBytes = 4 << 10;
    private const int MaxBoundaryLength = 70; // RFC 2046

    public static bool IsMultipart(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Fills <paramref name="buffer"/> and adds to <paramref name="parameters"/>.</summary>
    public async Task ReadAsync(
        HttpRequest request, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        var reader = new MultipartReader(Boundary(request), request.Body) { HeadersCountLimit = 8, HeadersLengthLimit = MaxFieldBytes };
        try
        {
            for (var parts = 1; await reader.ReadNextSectionAsync(cancellationToken) is { } part; parts++)
            {
                if (parts > MaxParts) throw Problem.InvalidRequest($"The form has more than {MaxParts} parts.").AsException();
                await ReadPartAsync(part, buffer, parameters, cancellationToken);
            }
        }
        catch (BadHttpRequestException) // an IOException, but the server's own
        {
            throw;
        }
        catch (Exception malformed) when (malformed is IOException or InvalidDataException)
        {
            throw Problem.InvalidRequest("The multipart body is not well formed or ends too early.").AsException();
        }
    }

    private async Task ReadPartAsync(
        MultipartSection part, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        if (part.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
            throw Problem.InvalidRequest("A part of the form is a form itself.").AsException();
        if (part.GetContentDispositionHeader() is not { } disposition || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
            throw Problem.InvalidRequest("A part of the form has no name.").AsException();

        var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        if (fields.Files.Contains(name)) await buffer.ReadAsync(part.Body, maxBytes, cancellationToken);
        else if (name == fields.Base64) await buffer.ReadBase64Async(part.Body, name!, maxBytes, cancellationToken);
        else if (!StringSegment.IsNullOrEmpty(HeaderUtilities.RemoveQuotes(disposition.FileName))) throw Problem.InvalidParameter(name, "takes no file").AsException();
        else parameters.Add(new(name, await ReadFieldAsync(part.Body, name, cancellationToken)));
    }

    private static async Task<string> ReadFieldAsync(Stream body, string name, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxFieldBytes];
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return length < bytes.Length
            ? System.Text.Encoding.UTF8.GetString(bytes, 0, length)
            : throw Problem.InvalidParameter(name, "is too long").AsException();
    }

    private static string Boundary(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw Problem.InvalidRequest("Of the multipart types only multipart/form-data is understood.").AsException();
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary);
        return boundary.Length is > 0 and <= MaxBoundaryLength
            ? boundary.ToString()
            : throw Problem.InvalidRequest($"The multipart boundary is missing or longer than {MaxBoundaryLength} characters.").AsException();
    }
}
