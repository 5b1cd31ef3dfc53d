using System.Text.Json.Serialization;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Compatibility;

/// <summary>Photoroom's API v1 (<c>/v1/segment</c>): its parameters, headers, JSON answer and errors. Keys are ours, with or without its prefix <c>sandbox_</c>.</summary>
internal static class PhotoroomApi
{
    private static readonly UploadFields Image = new(new HashSet<string> { "image_file" }, Base64: "image_file_b64", Url: "imageUrl");

    /// <summary>Options of ours by the same names and with the same values.</summary>
    private static readonly HashSet<string> Ours = ["format", "channels", "bg_color", "size", "crop"];

    public static void MapPhotoroom(this IEndpointRouteBuilder app)
    {
        var format = new ProblemFormat();
        app.MapPost("/v1/segment", SegmentAsync).RequireClient().WithMetadata(format);
        app.MapGet("/v1/account", ShowAccount).IdentifyClient().WithMetadata(format);
    }

    private static async Task SegmentAsync(HttpContext context, UploadReader uploads)
    {
        // 1. The body, once, and what is asked of it. "despill" is checked and has no effect; unknown fields are ignored.
        using var form = await uploads.ReadAsync(context.Request, Image, context.RequestAborted);
        var given = form.Parameters.Where(parameter => parameter.Value.Length > 0 && Ours.Contains(parameter.Key)).ToList();
        if (given.Exists(parameter => parameter is { Key: "format", Value: "zip" or "avif" })) throw Problem.InvalidParameter("format", "must be one of png, jpg, webp").AsException();
        if (form.Parameters.Any(parameter => parameter is { Key: "despill", Value: not ("" or "true" or "false") })) throw Problem.InvalidParameter("despill", "must be true or false").AsException();
        if (given.Exists(parameter => parameter is { Key: "channels", Value: "alpha" })) given.RemoveAll(parameter => parameter.Key == "bg_color");
        var options = CutoutOptions.Parse(given);

        // 2. The cutout, from cache or pod.
        var cutouts = context.RequestServices.GetRequiredService<CutoutService>();
        var key = cutouts.Identify(form.Image, options, context.GetClient().Id);
        using var answer = await cutouts.CutAsync(context.ToRequest(key, form.Image), context.RequestAborted);
        form.Dispose(); // a client that reads slowly holds its answer only

        // 3. Photoroom's headers, and the picture as itself or in JSON.
        RemoveBgForeground.Of(answer.Cutout)?.AddTo(context.Response.Headers);
        if (Base64Cutout.IsAskedFor(context.Request)) await Base64Cutout.WriteAsync(context, answer, ["base64img", "result_b64"]);
        else await CutoutResponse.WriteAsync(context, answer);
    }

    /// <summary>Nothing is ever charged: as many credits as the client's plan allows requests at once.</summary>
    private static IResult ShowAccount(HttpContext context) =>
        Results.Json(new(new(context.GetClient().Plan.Burst, context.GetClient().Plan.Burst)), PhotoroomJson.Default.PhotoroomAccount);

    private sealed class ProblemFormat : IProblemFormat
    {
        public Task WriteAsync(HttpContext context, Problem problem)
        {
            var response = context.Response;
            response.Headers.Remove(HeaderNames.WWWAuthenticate); // belongs to 401
            response.StatusCode = problem.Status switch
            {
                StatusCodes.Status401Unauthorized => StatusCodes.Status403Forbidden,
                StatusCodes.Status429TooManyRequests or >= 500 => problem.Status,
                _ => StatusCodes.Status400BadRequest,
            };
            return problem.Status == StatusCodes.Status401Unauthorized
                ? response.WriteAsJsonAsync(new(new("Unauthorized")), PhotoroomJson.Default.PhotoroomUnauthorized, contentType: null, context.RequestAborted)
                : response.WriteAsJsonAsync(new(problem.Detail ?? problem.Title, response.StatusCode, problem.Code), PhotoroomJson.Default.PhotoroomError, contentType: null, context.RequestAborted);
        }
    }
}

/// <param name="Base64">The picture, as the vendor's OpenAPI names it.</param>
/// <param name="Result">The same, as its older documents name it.</param>
internal sealed record PhotoroomResult([property: JsonPropertyName("base64img")] ReadOnlyMemory<byte> Base64, [property: JsonPropertyName("result_b64")] ReadOnlyMemory<byte> Result);

internal sealed record PhotoroomError(string Detail, [property: JsonPropertyName("status_code")] int StatusCode, string Type);

internal sealed record PhotoroomUnauthorized(PhotoroomMessage Error);

internal sealed record PhotoroomMessage(string Message);

internal sealed record PhotoroomAccount(PhotoroomCredits Credits);

internal sealed record PhotoroomCredits(int Available, int Subscription);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PhotoroomResult))]
[JsonSerializable(typeof(PhotoroomError))]
[JsonSerializable(typeof(PhotoroomUnauthorized))]
[JsonSerializable(typeof(PhotoroomAccount))]
internal sealed partial class PhotoroomJson : JsonSerializerContext;
