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
        var format = new RemoveBgProblemFormat();
        app.MapPost("/v1.0/removebg", RemoveAsync).RequireClient().WithMetadata(format);
        app.MapPost("/v1.0/improve", ImproveAsync).RequireClient().WithMetadata(format);
        app.MapGet("/v1.0/account", ShowAccount).IdentifyClient().WithMetadata(format);
    }

    private static async Task RemoveAsync(HttpContext context, UploadReader uploads)
    {
        // 1. The body, once, and what is asked of it.
        using var form = await uploads.ReadAsync(context.Request, RemoveBgParameters.Image, context.RequestAborted);
        var parameters = RemoveBgParameters.Read(form);
        if (parameters.Options.BackgroundImage is null) form.Image.DropBackground(); // a mask has none

        // 2. The cutout, from cache or pod.
        var cutouts = context.RequestServices.GetRequiredService<CutoutService>();
        var identity = cutouts.Identify(form.Image, parameters.Options, context.GetClient().Id);
        using var answer = await cutouts.CutAsync(context.ToRequest(identity, form.Image), context.RequestAborted);
        form.Dispose(); // a client that reads slowly holds its answer only
        var foreground = RemoveBgForeground.Of(answer.Cutout);
        if (foreground is { Width: 0, Height: 0 }) throw Problem.NoForeground().AsException();

        // 3. remove.bg's headers, and the picture as itself or in JSON.
        var headers = context.Response.Headers;
        if (parameters.Type is { } type) headers["X-Type"] = type;
        headers["X-Credits-Charged"] = "0";
        foreground?.AddTo(headers);
        RemoveBgProblemFormat.AddRateLimit(context);
        if (Base64Cutout.IsAskedFor(context.Request))
            await Base64Cutout.WriteAsync(context, answer, ["result_b64"], isWrapped: true, foreground?.Named.Select(side => ($"foreground_{side.Name}", side.Value)));
        else
            await CutoutResponse.WriteAsync(context, answer);
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
}
