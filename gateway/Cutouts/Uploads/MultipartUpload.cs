using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A multipart/form-data body with one image, perhaps one for its background, and a few short fields, read part by part as it arrives.</summary>
internal sealed class MultipartUpload(UploadFields fields, long maxBytes)
{
    public const int MaxParts = 32;
    private const int MaxFieldBytes = 4 << 10;
    private const int MaxBoundaryLength = 70; // RFC 2046

    public static bool IsMultipart(HttpRequest request) =>
        request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Fills <paramref name="buffer"/> and <paramref name="background"/>, and adds to <paramref name="parameters"/>.</summary>
    public async Task ReadAsync(
        HttpRequest request, UploadBuffer buffer, UploadBuffer background, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        await ForEachPartAsync(request, MaxParts, (part, name, file) => ReadPartAsync(part, name, file, buffer, background, parameters, cancellationToken), cancellationToken);
    }

    /// <param name="request">A form.</param>
    /// <param name="maxParts">More are a problem.</param>
    /// <param name="read">Takes a part, its name, and the name of its file, which is null for a field.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public static async Task ForEachPartAsync(HttpRequest request, int maxParts, Func<MultipartSection, string, string?, Task> read, CancellationToken cancellationToken)
    {
        var reader = new MultipartReader(Boundary(request), request.Body) { HeadersCountLimit = 8, HeadersLengthLimit = MaxFieldBytes };
        try
        {
            for (var parts = 1; await reader.ReadNextSectionAsync(cancellationToken) is { } part; parts++)
            {
                if (parts > maxParts) throw Problem.InvalidRequest($"The form has more than {maxParts} parts.").AsException();
                var (name, file) = Names(part);
                await read(part, name, file);
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

    private static (string Name, string? File) Names(MultipartSection part)
    {
        if (part.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
            throw Problem.InvalidRequest("A part of the form is a form itself.").AsException();
        if (part.GetContentDispositionHeader() is not { } disposition || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
            throw Problem.InvalidRequest("A part of the form has no name.").AsException();
        var file = HeaderUtilities.RemoveQuotes(disposition.FileName);
        return (HeaderUtilities.RemoveQuotes(disposition.Name).ToString(), StringSegment.IsNullOrEmpty(file) ? null : file.ToString());
    }

    private async Task ReadPartAsync(
        MultipartSection part, string name, string? file, UploadBuffer buffer, UploadBuffer background, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        if (name == fields.Background?.File) await background.ReadAsync(part.Body, maxBytes, cancellationToken);
        else if (fields.Files.Contains(name)) await buffer.ReadAsync(part.Body, maxBytes, cancellationToken);
        else if (name == fields.Base64) await buffer.ReadBase64Async(part.Body, name, maxBytes, cancellationToken);
        else if (file is null) parameters.Add(new(name, await ReadFieldAsync(part.Body, name, cancellationToken)));
        else if (fields.TakesAnyFile) await buffer.ReadAsync(part.Body, maxBytes, cancellationToken);
        else throw Problem.InvalidParameter(name, "takes no file").AsException();
    }

    public static async Task<string> ReadFieldAsync(Stream body, string name, CancellationToken cancellationToken)
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
