using Microsoft.Net.Http.Headers;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Compatibility;

/// <summary>Photoroom's APIs v1 (<c>/v1/segment</c>) and v2 (<c>/v2/edit</c>): their parameters, headers, JSON and errors. Keys are ours, with or without its prefix <c>sandbox_</c>.</summary>
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
        var edit = new EditProblemFormat();
        app.MapPost("/v2/edit", EditAsync).RequireClient().WithMetadata(edit);
        app.MapGet("/v2/edit", EditAsync).RequireClient().WithMetadata(edit);
        app.MapGet("/v2/account", ShowEditAccount).IdentifyClient().WithMetadata(edit);
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
        context.Response.Headers["X-Uncertainty-Score"] = answer.Cutout.Uncertainty;
        if (Base64Cutout.IsAskedFor(context.Request)) await Base64Cutout.WriteAsync(context, answer, ["base64img", "result_b64"]);
        else await CutoutResponse.WriteAsync(context, answer);
    }

    private static async Task EditAsync(HttpContext context, UploadReader uploads)
    {
        using var form = await uploads.ReadAsync(context.Request, PhotoroomEditParameters.Image, context.RequestAborted);
        var parameters = PhotoroomEditParameters.Read(form);
        if (parameters.Unsupported.Count > 0) context.Response.Headers["pr-unsupported-attributes"] = string.Join(',', parameters.Unsupported);
        await CutoutEndpoints.AnswerAsync(context, form.Image, parameters.Options);
    }

    private static IResult ShowEditAccount(HttpContext context)
    {
        var plan = context.GetClient().Plan;
        return Results.Json(new(new(plan.Burst, plan.Burst), "self-hosted"), PhotoroomJson.Default.PhotoroomEditAccount);
    }

    /// <summary>Nothing is ever charged: as many credits as the client's plan allows requests at once.</summary>
    private static IResult ShowAccount(HttpContext context) =>
        Results.Json(new(new(context.GetClient().Plan.Burst, context.GetClient().Plan.Burst)), PhotoroomJson.Default.PhotoroomAccount);

    /// <summary>Both have 400 for all that is wrong with a request, and 403 for its key.</summary>
    private static void SetStatus(HttpContext context, Problem problem)
    {
        context.Response.Headers.Remove(HeaderNames.WWWAuthenticate); // belongs to 401
        context.Response.StatusCode = problem.Status switch
        {
            StatusCodes.Status401Unauthorized => StatusCodes.Status403Forbidden,
            StatusCodes.Status429TooManyRequests or >= 500 => problem.Status,
            _ => StatusCodes.Status400BadRequest,
        };
    }

    private static Task WriteFailureAsync(HttpContext context, string message) =>
        context.Response.WriteAsJsonAsync(new(new(message)), PhotoroomJson.Default.PhotoroomFailure, contentType: null, context.RequestAborted);

    private sealed class ProblemFormat : IProblemFormat
    {
        public Task WriteAsync(HttpContext context, Problem problem)
        {
            SetStatus(context, problem);
            return problem.Status == StatusCodes.Status401Unauthorized
                ? WriteFailureAsync(context, "Unauthorized")
                : context.Response.WriteAsJsonAsync(new(problem.Detail ?? problem.Title, context.Response.StatusCode, problem.Code), PhotoroomJson.Default.PhotoroomError, contentType: null, context.RequestAborted);
        }
    }

    private sealed class EditProblemFormat : IProblemFormat
    {
        public Task WriteAsync(HttpContext context, Problem problem)
        {
            SetStatus(context, problem);
            return WriteFailureAsync(context, problem.Status == StatusCodes.Status401Unauthorized ? "Unauthorized" : problem.Detail ?? problem.Title);
        }
    }
}
