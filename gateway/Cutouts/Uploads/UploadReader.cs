using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Reads a request's body once: a form, or the image itself.</summary>
public sealed class UploadReader(MemoryBudget memory, UploadTurns turns, IOptions<UploadOptions> options, TimeProvider time)
{
    private readonly UploadOptions _options = options.Value;

    /// <param name="request">Its body has not been touched.</param>
    /// <param name="fields">Where the image may be.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <param name="hash">Whether the image's hash is needed soon, and had better be taken on the way in.</param>
    public async Task<UploadForm> ReadAsync(HttpRequest request, UploadFields fields, CancellationToken cancellationToken, bool hash = true)
    {
        // 1. Too large by its own word: say so before a byte is read.
        var isRaw = fields.TakesRaw && !MultipartUpload.IsMultipart(request);
        if (request.ContentLength > _options.MaxBodyBytes(isRaw ? null : fields))
            throw Problem.ImageTooLarge(_options.MaxBytes).AsException();
        var client = request.HttpContext.GetClient().Id;

        // 2. The body, within its own time, and in its turn among its client's.
        using var timeout = new CancellationTokenSource(_options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var turn = await turns.EnterAsync(client, Math.Min(request.ContentLength ?? _options.MaxBytes, _options.MaxBytes), either.Token);
        using var buffer = new UploadBuffer(memory, client, hash, fields.EmptyIsAbsent);
        var parameters = request.Query.SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value ?? "")).ToList();
        await ReadBodyAsync(request, fields, buffer, parameters, timeout.Token, either.Token);

        // 3. Is it a picture at all?
        if (fields.Url is { } url && parameters.Exists(parameter => parameter.Key == url && parameter.Value.Length > 0))
            throw buffer.IsRead ? Problem.MultipleImages().AsException() : Problem.InvalidParameter(url, $"is not supported: send the image itself as {Names(fields)}, addresses are not fetched").AsException();
        if (!buffer.IsRead) throw Problem.MissingImage($"The form needs a field {Names(fields)} with the image.").AsException();
        if (buffer.Length == 0) throw Problem.MissingImage("The image is empty.").AsException();
        if (!ImageSignature.IsImage(buffer.ToSequence())) throw Problem.UnsupportedFormat().AsException();
        return new(buffer.Complete(), parameters);
    }

    private async Task ReadBodyAsync(
        HttpRequest request, UploadFields fields, UploadBuffer buffer, List<KeyValuePair<string, string>> parameters,
        CancellationToken timeout, CancellationToken cancellationToken)
    {
        try
        {
            _ = await request.Body.ReadAsync(Memory<byte>.Empty, cancellationToken); // until the first byte comes: nothing is held for who only announces
            if (MultipartUpload.IsMultipart(request)) await new MultipartUpload(fields, _options.MaxBytes).ReadAsync(request, buffer, parameters, cancellationToken);
            else if (fields.Base64 is { } json && request.HasJsonContentType()) await new JsonUpload(json, _options.MaxBytes).ReadAsync(request.Body, buffer, parameters, cancellationToken);
            else if (fields.Base64 is { } pairs && request.HasFormContentType) await new UrlEncodedUpload(pairs, _options.MaxBytes).ReadAsync(request.Body, buffer, parameters, cancellationToken);
            else if (fields.TakesRaw) await buffer.ReadAsync(request.Body, _options.MaxBytes, cancellationToken);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw Problem.SlowRequest().AsException();
        }
        catch (BadHttpRequestException bad) when (bad.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw Problem.ImageTooLarge(_options.MaxBytes).AsException();
        }
        catch (IOException malformed) when (malformed is not BadHttpRequestException)
        {
            throw Problem.InvalidRequest("The body cannot be read.").AsException(); // such as a chunk of 2^64 - 1 bytes
        }
    }

    private static string Names(UploadFields fields) => string.Join(" or ", fields.Files.Concat([fields.Base64]).OfType<string>());
}
