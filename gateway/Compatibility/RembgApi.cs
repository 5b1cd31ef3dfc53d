using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Compatibility;

/// <summary>
/// The server of danielgatis/rembg (<c>rembg s</c>): its parameters, FastAPI's errors. Different on purpose: our default
/// model where none is named, straight alpha, and what we do not offer is refused instead of ignored.
/// </summary>
internal static class RembgApi
{
    private static readonly UploadFields Fields = new(new HashSet<string> { "file" });
    private static readonly FrozenSet<string> Known = FrozenSet.Create("model", "om", "ppm", "bgc", "a", "af", "ab", "ae", "extras");

    public static void MapRembg(this IEndpointRouteBuilder app)
    {
        var dialect = new Dialect();
        app.MapPost("/api/remove", RemoveAsync).RequireClient().WithMetadata(dialect);
        app.MapGet("/api/remove", RefuseUrl).IdentifyClient().WithMetadata(dialect);
    }

    private static async Task RemoveAsync(HttpContext context, UploadReader uploads)
    {
        using var form = await uploads.ReadAsync(context.Request, Fields, context.RequestAborted);
        await CutoutEndpoints.AnswerAsync(context, form.Image, Translate(form.Parameters.Gather(Known)));
    }

    /// <summary>rembg fetches the picture here. A server that fetches what strangers name can be sent into its own network.</summary>
    private static IResult RefuseUrl() => throw Problem.InvalidRequest("Images by URL are not fetched; POST the image as the form field 'file'.").AsException();

    private static CutoutOptions Translate(Dictionary<string, string> given)
    {
        // 1. Matting: checked as rembg checks it, then refused. Without a=true the thresholds mean nothing, there as here.
        Check(given, "af", max: 255);
        Check(given, "ab", max: 255);
        Check(given, "ae", max: int.MaxValue);
        if (Flag(given, "a")) throw Problem.InvalidParameter("a", "cannot be true: alpha matting is not offered").AsException();
        if (given.TryGetValue("extras", out var extras)) RefuseExtras(extras);

        // 2. What we know by other names. rembg drops the background of a mask without a word.
        var onlyMask = Flag(given, "om");
        if (onlyMask && given.ContainsKey("bgc")) throw Problem.InvalidParameter("bgc", "cannot be combined with om: a mask has no background").AsException();
        return new()
        {
            Model = given.GetValueOrDefault("model"),
            Channels = onlyMask ? OutputChannels.Alpha : OutputChannels.Rgba,
            PostProcessMask = Flag(given, "ppm"),
            Background = given.TryGetValue("bgc", out var colour) ? Colour(colour) : null,
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

    /// <summary>Options of rembg's own Python sessions (prompts, providers, paths of weights); none of them has a meaning here.</summary>
    private static void RefuseExtras(string json)
    {
        try
        {
            using var extras = JsonDocument.Parse(json);
            if (extras.RootElement is { ValueKind: JsonValueKind.Object } root && !root.EnumerateObject().Any()) return;
        }
        catch (JsonException)
        {
            // refused like any other
        }
        throw Problem.InvalidParameter("extras", "must be an empty JSON object: sessions take no further options here").AsException();
    }

    /// <summary>FastAPI: a list for what is wrong with parameters (422), else one text with the status it has anyway.</summary>
    private sealed class Dialect : IProblemFormat
    {
        public Task WriteAsync(HttpContext context, Problem problem) => problem switch
        {
            { Code: "missing_image" } => WriteListAsync(context, "missing", "file", "Field required"),
            { Code: "multiple_images" } => WriteListAsync(context, "value_error", "file", problem.Detail!),
            { Code: "invalid_parameter", Parameter: { } name } => WriteListAsync(context, "value_error", name, problem.Detail!),
            _ => context.Response.WriteAsJsonAsync(new(problem.Detail ?? problem.Title), RembgJson.Default.RembgMessage, contentType: null, context.RequestAborted),
        };

        private static Task WriteListAsync(HttpContext context, string type, string parameter, string message)
        {
            context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            var place = context.Request.Query.ContainsKey(parameter) ? "query" : "body";
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
