using System.Buffers;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Http;

namespace Rembg.Gateway.Compatibility;

/// <summary>A cutout as base64 in JSON. It is encoded while it is written: as one string it would be there twice, once more for each client.</summary>
internal static class Base64Cutout
{
    /// <summary>
    /// JSON only where the client asks for nothing else: axios sends <c>application/json, text/plain, */*</c> and expects the image.
    /// </summary>
    public static bool IsAskedFor(HttpRequest request)
    {
        var accept = request.GetTypedHeaders().Accept;
        var json = accept.Where(type => type.MediaType == "application/json").Select(type => type.Quality ?? 1).DefaultIfEmpty(0).Max();
        return json > 0 && !accept.Any(type => type.MatchesAllTypes
            || ((type.Type == "image" || type.MediaType == "application/zip") && (type.Quality ?? 1) >= json));
    }

    /// <param name="names">Properties that hold the cutout.</param>
    /// <param name="isWrapped">Whether all of it is the property "data" of another object.</param>
    /// <param name="numbers">Further properties.</param>
    public static async Task WriteAsync(HttpContext context, CutoutAnswer answer, string[] names, bool isWrapped = false, IEnumerable<(string Name, int Value)>? numbers = null)
    {
        CutoutResponse.Describe(context, answer);
        context.Response.Headers.Remove(HeaderNames.ETag); // names the image, not this
        context.Response.ContentType = "application/json; charset=utf-8";
        using var body = new PacedBody(context);
        var text = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(text);
        json.WriteStartObject();
        if (isWrapped) json.WriteStartObject("data");
        foreach (var name in names)
        {
            json.WritePropertyName(name);
            foreach (var block in answer.Cutout.Content.Bytes)
            {
                json.WriteBase64StringSegment(block.Span, isFinalSegment: false);
                await SendAsync();
            }
            json.WriteBase64StringSegment([], isFinalSegment: true);
        }
        foreach (var (name, value) in numbers ?? []) json.WriteNumber(name, value);
        if (isWrapped) json.WriteEndObject();
        json.WriteEndObject();
        await SendAsync();

        async Task SendAsync()
        {
            await json.FlushAsync();
            await body.WriteAsync(text.WrittenMemory);
            text.ResetWrittenCount();
        }
    }
}
