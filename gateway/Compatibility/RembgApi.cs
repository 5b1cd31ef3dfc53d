using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Compatibility;

/// <summary>
/// The server of danielgatis/rembg (<c>rembg s</c>): its parameters, FastAPI's errors. Unknown parameters are ignored, as FastAPI does.
/// Different on purpose: our default model where none is named or the named one is not loaded, and straight alpha.
/// </summary>
internal static class RembgApi
{
    private static readonly UploadFields Fields = new(new HashSet<string> { "file" }, Url: "url");
    private static readonly FrozenSet<string> Known = FrozenSet.Create("model", "om", "ppm", "bgc", "a", "af", "ab", "ae", "dc", "extras");

    public static void MapRembg(this IEndpointRouteBuilder app)
    {
        var format = new ProblemFormat();
        app.MapPost("/api/remove", RemoveAsync).RequireClient().WithMetadata(format);
        app.MapGet("/api/remove", RemoveAsync).RequireClient().WithMetadata(format);
    }

    private static async Task RemoveAsync(HttpContext context, UploadReader uploads, ModelCatalog models, IOptions<CompatibilityOptions> compatibility)
    {
        // 1. The image, from the form or from its URL, and what is asked in our words.
        using var form = await uploads.ReadAsync(context.Request, Fields, context.RequestAborted);
        var options = Translate(form.Parameters.Where(parameter => Known.Contains(parameter.Key)).Gather(Known));

        // 2. Clients hard-code "u2net": a model that is not loaded is the default one, and the answer says which.
        if (compatibility.Value.RembgUnknownModel == UnknownModel.Default && options.Model is { } wanted && !models.Has(wanted)) options = options with { Model = null };
        context.Response.Headers["X-Model"] = models.Find(options.Model).Name;

        // 3. The cutout.
        await CutoutEndpoints.AnswerAsync(context, form.Image, options);
    }

    private static CutoutOptions Translate(Dictionary<string, string> given)
    {
        // 1. Matting and clean colours: checked as rembg checks them. The cutout always has clean edges.
        Check(given, "af", max: 255);
        Check(given, "ab", max: 255);
        Check(given, "ae", max: int.MaxValue);
        Flag(given, "a");
        Flag(given, "dc");
        if (given.TryGetValue("extras", out var extras)) CheckExtras(extras);

        // 2. What we know by other names. A mask has no background.
        var (onlyMask, smoothed) = (Flag(given, "om"), Flag(given, "ppm"));
        return new()
        {
            Model = given.GetValueOrDefault("model"),
            Channels = onlyMask ? OutputChannels.Alpha : OutputChannels.Rgba,
            PostProcessMask = smoothed,
            Edges = onlyMask && !smoothed ? EdgeMode.Raw : EdgeMode.Clean, // rembg's mask is the model's
            Background = !onlyMask && given.TryGetValue("bgc", out var colour) ? Colour(colour) : null,
        };
    }

    /// <summary>The spellings of pydantic.</summary>
    private static bool Flag(Dictionary<string, string> given, string name) => given.GetValueOrDefault(name)?.ToLowerInvariant() switch
    {
        null or "false" or "0" or "off" or "no" or "f" or "n" => false,
        "true" or "1" or "on" or "yes" or "t" or "y" => true,
        _ => throw Problem.InvalidParameter(name, "must be true or false").AsException(),
    };

    private static void Check(Dictionary<string, string> given, string name, int max)
    {
        if (!given.TryGetValue(name, out var text)) return;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > max)
            throw Problem.InvalidParameter(name, max == int.MaxValue ? "must be a whole number, 0 or more" : $"must be a whole number from 0 to {max}").AsException();
    }

    private static Rgba Colour(string text)
    {
        var channels = text.Split(',', StringSplitOptions.TrimEntries);
        var bytes = new byte[4];
        for (var i = 0; i < 4; i++)
        {
            if (channels.Length != 4 || !byte.TryParse(channels[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
                throw Problem.InvalidParameter("bgc", "must be R,G,B,A, each from 0 to 255").AsException();
        }
        return new(bytes[0], bytes[1], bytes[2], bytes[3]);
    }

    /// <summary>Options of rembg's own Python sessions, which have no meaning here; a path of weights would be read from the server's disk.</summary>
    private static void CheckExtras(string json)
    {
        try
        {
            using var extras = JsonDocument.Parse(json);
            if (extras.RootElement.ValueKind != JsonValueKind.Object || !extras.RootElement.TryGetProperty("model_path", out _)) return;
        }
        catch (JsonException)
        {
            return; // as rembg does
        }
        throw Problem.InvalidParameter("extras", "must not hold model_path").AsException();
    }

    /// <summary>FastAPI: a list for what is wrong with parameters (422), else one text with the status it has anyway. Of a URL it is one text with 400.</summary>
    private sealed class ProblemFormat : IProblemFormat
    {
        public Task WriteAsync(HttpContext context, Problem problem) => problem switch
        {
            { Parameter: { } parameter } when parameter == Fields.Url => WriteTextAsync(context, problem, StatusCodes.Status400BadRequest),
            { Code: "missing_image" } => WriteListAsync(context, "missing", HttpMethods.IsGet(context.Request.Method) ? Fields.Url! : "file", "Field required"),
            { Code: "multiple_images" } => WriteListAsync(context, "value_error", "file", problem.Detail!),
            { Code: "invalid_parameter", Parameter: { } name } => WriteListAsync(context, "value_error", name, problem.Detail!),
            _ => WriteTextAsync(context, problem, problem.Status),
        };

        private static Task WriteTextAsync(HttpContext context, Problem problem, int status)
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsJsonAsync(new(problem.Detail ?? problem.Title), RembgJson.Default.RembgMessage, contentType: null, context.RequestAborted);
        }

        private static Task WriteListAsync(HttpContext context, string type, string parameter, string message)
        {
            context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            var place = HttpMethods.IsGet(context.Request.Method) || context.Request.Query.ContainsKey(parameter) ? "query" : "body";
            return context.Response.WriteAsJsonAsync(new([new(type, [place, parameter], message)]), RembgJson.Default.RembgErrors, contentType: null, context.RequestAborted);
        }
    }
}

/// <summary>FastAPI's answer to an HTTPException.</summary>
internal sealed record RembgMessage(string Detail);

/// <summary>FastAPI's answer to parameters that are not valid.</summary>
internal sealed record RembgErrors(IReadOnlyList<RembgError> Detail);

/// <param name="Type">missing or value_error.</param>
/// <param name="Loc">body or query, then the parameter's name.</param>
/// <param name="Msg">For a person.</param>
internal sealed record RembgError(string Type, IReadOnlyList<string> Loc, string Msg);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(RembgMessage))]
[JsonSerializable(typeof(RembgErrors))]
internal sealed partial class RembgJson : JsonSerializerContext;
