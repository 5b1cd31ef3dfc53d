using Microsoft.Net.Http.Headers;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Compatibility;

/// <summary>remove.bg's API 1.0: its parameters, headers, JSON answer and errors.</summary>
internal static class RemoveBgApi
{
    public static void MapRemoveBg(this IEndpointRouteBuilder app)
    {
        var dialect = new RemoveBgProblemFormat();
        app.MapPost("/v1.0/removebg", RemoveAsync).RequireClient().WithMetadata(dialect);
        app.MapPost("/v1.0/improve", ImproveAsync).RequireClient().WithMetadata(dialect);
        app.MapGet("/v1.0/account", ShowAccount).IdentifyClient().WithMetadata(dialect);
    }

    private static async Task RemoveAsync(HttpContext context, UploadReader uploads, MemoryBudget memory)
    {
        // 1. The body, once, and what is asked of it.
        using var form = await uploads.ReadAsync(context.Request, RemoveBgParameters.Image, context.RequestAborted);
        var parameters = RemoveBgParameters.Read(form.Parameters);

        // 2. The cutout, from cache or pod.
        var cutouts = context.RequestServices.GetRequiredService<CutoutService>();
        var key = cutouts.Identify(form.Image, parameters.Options, context.GetClient().Id);
        var answer = await cutouts.CutAsync(context.ToRequest(key, form.Image), context.RequestAborted);
        var foreground = RemoveBgForeground.Of(answer.Cutout);
        if (foreground is { Width: 0, Height: 0 }) throw Problem.NoForeground().AsException();

        // 3. remove.bg's headers, and the picture as itself or in JSON.
        var headers = context.Response.Headers;
        if (parameters.Type is { } type) headers["X-Type"] = type;
        headers["X-Credits-Charged"] = "0";
        foreground?.AddTo(headers);
        RemoveBgProblemFormat.AddRateLimit(context);
        if (WantsJson(context.Request))
            await WriteJsonAsync(context, answer, foreground, memory);
        else
            await CutoutResponse.WriteAsync(context, answer);
    }

    /// <summary>
    /// JSON only where the client asks for nothing else: axios sends <c>application/json, text/plain, */*</c> and expects the picture.
    /// </summary>
    public static bool WantsJson(HttpRequest request)
    {
        var accept = request.GetTypedHeaders().Accept;
        var json = accept.Where(type => type.MediaType == "application/json").Select(type => type.Quality ?? 1).DefaultIfEmpty(0).Max();
        return json > 0 && !accept.Any(type => type.MatchesAllTypes
            || ((type.Type == "image" || type.MediaType == "application/zip") && (type.Quality ?? 1) >= json));
    }

    /// <summary>remove.bg collects images here that it cut badly. We check the image, answer as it does, and keep nothing.</summary>
    private static async Task<IResult> ImproveAsync(HttpContext context, UploadReader uploads)
    {
        using var form = await uploads.ReadAsync(context.Request, RemoveBgParameters.Image, context.RequestAborted);
        return Results.Json(new(Guid.NewGuid()), RemoveBgJson.Default.RemoveBgImprovement);
    }

    /// <summary>Nothing is ever charged: there are no credits, and as many free calls as the client's plan allows at once.</summary>
    private static IResult ShowAccount(HttpContext context) =>
        Results.Json(new(new(new(new(0, 0, 0, 0), new(context.GetClient().Plan.Burst, "all")))), RemoveBgJson.Default.RemoveBgAccount);

    private static async Task WriteJsonAsync(HttpContext context, CutoutAnswer answer, RemoveBgForeground? foreground, MemoryBudget memory)
    {
        var bytes = answer.Cutout.Bytes;
        using var writing = memory.ForceReserve(bytes.Length * 7L / 3); // itself and its base64
        CutoutResponse.Describe(context, answer);
        context.Response.Headers.Remove(HeaderNames.ETag); // names the picture, not this
        RemoveBgPicture picture = new(bytes, foreground?.Top, foreground?.Left, foreground?.Width, foreground?.Height);
        await context.Response.WriteAsJsonAsync(new(picture), RemoveBgJson.Default.RemoveBgResult, contentType: null, context.RequestAborted);
    }
}
