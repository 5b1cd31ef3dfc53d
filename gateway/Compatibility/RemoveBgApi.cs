using System.Buffers;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Http;

namespace Rembg.Gateway.Compatibility;

/// <summary>remove.bg's API 1.0: its parameters, headers, JSON answer and errors.</summary>
internal static class RemoveBgApi
{
    public static void MapRemoveBg(this IEndpointRouteBuilder app)
    {
        var dialect = new RemoveBgProblemFormat();
        app.MapPost("/v1.0/removebg", RemoveAsync).RequireClient().WithMetadata(dialect);
        app.MapGet("/v1.0/account", ShowAccount).IdentifyClient().WithMetadata(dialect);
    }

    private static async Task RemoveAsync(HttpContext context, UploadReader uploads)
    {
        // 1. The body, once, and what is asked of it.
        using var form = await uploads.ReadAsync(context.Request, RemoveBgParameters.Image, context.RequestAborted);
        var parameters = RemoveBgParameters.Read(form.Parameters);

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
        if (context.Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)))
            await WriteJsonAsync(context, answer, foreground);
        else
            await CutoutResponse.WriteAsync(context, answer);
    }

    /// <summary>Nothing is ever charged: there are no credits, and as many free calls as the client's plan allows at once.</summary>
    private static IResult ShowAccount(HttpContext context) =>
        Results.Json(new(new(new(new(0, 0, 0, 0), new(context.GetClient().Plan.Burst, "all")))), RemoveBgJson.Default.RemoveBgAccount);

    /// <summary>The picture is encoded while it is written: as one string it would be there twice, and once more for each client.</summary>
    private static async Task WriteJsonAsync(HttpContext context, CutoutAnswer answer, RemoveBgForeground? foreground)
    {
        CutoutResponse.Describe(context, answer);
        context.Response.Headers.Remove(HeaderNames.ETag); // names the picture, not this
        context.Response.ContentType = "application/json; charset=utf-8";
        using var body = new PacedBody(context);
        var text = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(text);
        json.WriteStartObject();
        json.WriteStartObject("data");
        json.WritePropertyName("result_b64");
        foreach (var block in answer.Cutout.Content.Bytes)
        {
            json.WriteBase64StringSegment(block.Span, isFinalSegment: false);
            await SendAsync();
        }
        json.WriteBase64StringSegment([], isFinalSegment: true);
        foreach (var (name, value) in foreground?.Named ?? []) json.WriteNumber($"foreground_{name}", value);
        json.WriteEndObject();
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
