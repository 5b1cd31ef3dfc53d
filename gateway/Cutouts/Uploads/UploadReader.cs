using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Fetching;
using Rembg.Gateway.Http;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Reads a request's body once: a form, or the image itself. Where the form has a URL instead of a file, the image or its background is read from there.</summary>
internal sealed class UploadReader(MemoryBudget memory, UploadTurns turns, ImageFetcher images, IOptions<UploadOptions> options, TimeProvider time)
{
    private readonly UploadOptions _options = options.Value;

    /// <param name="request">Its body has not been touched.</param>
    /// <param name="fields">Where the image may be.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <param name="hash">Whether the image's hash is needed soon, and had better be taken on the way in.</param>
    public async Task<UploadForm> ReadAsync(HttpRequest request, UploadFields fields, CancellationToken cancellationToken, bool hash = true)
    {
        // 1. Compressed or too large by its own word: say so before a byte is read.
        if (request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw Problem.UnsupportedEncoding(encoding).AsException();
        var isRaw = fields.TakesRaw && !MultipartUpload.IsMultipart(request);
        var maxBodyBytes = _options.MaxBodyBytes(isRaw ? null : fields);
        if (request.ContentLength > maxBodyBytes) throw Problem.ImageTooLarge(_options.MaxBytes).AsException();
        request.Body = new LimitedBody(request.Body, maxBodyBytes, _options.MaxBytes);
        var client = request.HttpContext.GetClient().Id;

        // 2. The body, within its own time, and in its turn among its client's.
        var limit = _options.TimeFor(request.ContentLength);
        request.HttpContext.Deadline().BeginUpload(limit);
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var buffer = new UploadBuffer(memory, client, hash, fields.EmptyIsAbsent);
        using var behind = new UploadBuffer(memory, client, hashing: true, fields.EmptyIsAbsent);
        var parameters = request.Query.SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value ?? "")).ToList();
        using (await turns.EnterAsync(client, Math.Min(request.ContentLength ?? _options.MaxBytes, _options.MaxFileBytes(fields)), either.Token))
            await ReadBodyAsync(request, fields, buffer, behind, parameters, timeout.Token, either.Token);
        request.HttpContext.Deadline().EndUpload();

        // 3. The image or its URL, and the background or its URL; 4. both, fetched where need be.
        var url = TakeUrl(parameters, fields.Url, Problem.MultipleImages());
        var behindUrl = TakeUrl(parameters, fields.Background?.Url, Problem.MultipleBackgrounds());
        if (url is not null && buffer.Length > 0) throw Problem.MultipleImages().AsException();
        if (url is null && !buffer.IsRead) throw Problem.MissingImage($"The form needs a field {Names(fields)} with the image.").AsException();
        if (fields.Background is { } names) CheckBackground(names, parameters, behind, behindUrl);
        if (url is not null) buffer.Dispose(); // the fetched image has its own
        // Of an image that has not changed the hash alone will do, but not of one whose background follows it.
        using var background = behindUrl is not null ? await FetchAsync(request, behindUrl, fields, client, isNeeded: true, cancellationToken)
            : behind.IsRead ? Complete(behind, fields.Background!.File) : null;
        var image = url is null ? buffer.CompleteImage() : await FetchAsync(request, url, fields, client, isNeeded: background is not null, cancellationToken);
        if (background is null) return new(image, null, parameters);
        using (image)
            return new(image.Before(background), new((int)background.Length, Convert.ToHexStringLower(background.Sha256)), parameters) { BackgroundFormat = background.Format };
    }

    private static void CheckBackground(BackgroundFields names, List<KeyValuePair<string, string>> parameters, UploadBuffer behind, ImageUrl? url)
    {
        if (IsGiven(names.File)) throw Problem.InvalidParameter(names.File, "must be a file in a multipart form").AsException();
        var given = (behind.IsRead ? 1 : 0) + (url is null ? 0 : 1) + (IsGiven(names.Colour) ? 1 : 0);
        if (given > 1) throw Problem.MultipleBackgrounds().AsException();

        bool IsGiven(string name) => parameters.Exists(parameter => parameter.Key == name && parameter.Value.Length > 0);
    }

    private static Upload Complete(UploadBuffer background, string field)
    {
        try
        {
            return background.CompleteImage();
        }
        catch (ProblemException refused)
        {
            throw refused.Problem.Of(field).AsException();
        }
    }

    /// <summary>A URL is no parameter of the cutout. Form and query may both have it if they agree.</summary>
    private static ImageUrl? TakeUrl(List<KeyValuePair<string, string>> parameters, string? name, Problem several)
    {
        if (name is null) return null;
        var urls = parameters.Where(parameter => parameter.Key == name && parameter.Value.Length > 0).Select(parameter => parameter.Value).Distinct().ToList();
        parameters.RemoveAll(parameter => parameter.Key == name);
        if (urls.Count > 1) throw several.AsException();
        return urls is [var url] ? new(name, url) : null;
    }

    private Task<Upload> FetchAsync(HttpRequest request, ImageUrl url, UploadFields fields, string client, bool isNeeded, CancellationToken cancellationToken)
    {
        if (!images.IsEnabled) throw Problem.InvalidParameter(url.Parameter, $"is not supported: send the image itself as {Names(fields)}, URLs are not fetched").AsException();
        if (request.Headers.Via.ToString().Contains(OutboundHttp.Pseudonym, StringComparison.Ordinal)) throw Problem.InvalidParameter(url.Parameter, "leads from one gateway to the next").AsException();
        var wantsItAnew = request.GetTypedHeaders().CacheControl is { NoCache: true } or { NoStore: true };
        return images.ReadAsync(url, client, revalidate: !isNeeded && !wantsItAnew, cancellationToken);
    }

    private async Task ReadBodyAsync(
        HttpRequest request, UploadFields fields, UploadBuffer buffer, UploadBuffer behind, List<KeyValuePair<string, string>> parameters,
        CancellationToken timeout, CancellationToken cancellationToken)
    {
        try
        {
            _ = await request.Body.ReadAsync(Memory<byte>.Empty, cancellationToken); // until the first byte comes: nothing is held for who only announces
            if (MultipartUpload.IsMultipart(request)) await new MultipartUpload(fields, _options.MaxBytes).ReadAsync(request, buffer, behind, parameters, cancellationToken);
            else if ((fields.Base64 ?? fields.Url) is not null && request.HasJsonContentType()) await new JsonUpload(fields.Base64, _options.MaxBytes).ReadAsync(request.Body, buffer, parameters, cancellationToken);
            else if (fields.Base64 is { } pairs && request.HasFormContentType) await new UrlEncodedUpload(pairs, _options.MaxBytes).ReadAsync(request.Body, buffer, parameters, cancellationToken);
            else if (fields.TakesRaw) await buffer.ReadAsync(request.Body, _options.MaxBytes, cancellationToken);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw Problem.SlowRequest().AsException();
        }
        catch (IOException malformed) when (malformed is not BadHttpRequestException)
        {
            throw Problem.InvalidRequest("The body cannot be read.").AsException(); // such as a chunk of 2^64 - 1 bytes
        }
    }

    private static string Names(UploadFields fields) => string.Join(" or ", fields.Files.Concat([fields.Base64]).OfType<string>());
}
