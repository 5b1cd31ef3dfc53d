using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Clients.Limits;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Faces;

/// <summary>
/// remove.bg's API 1.0: its parameters, headers, JSON answer and errors. What we do not offer (images by URL, cropping,
/// layout, shadows, pictures as background) may be named with its default value and is refused with any other.
/// </summary>
internal static class RemoveBgFace
{
    private static readonly UploadFields Fields = new(new HashSet<string> { "image_file" }, Base64: "image_file_b64", Url: "image_url");

    /// <summary>25 and 50 megapixels are above what an upload may have, or close to it: all that there is.</summary>
    private static readonly FrozenDictionary<string, OutputSize> Sizes = new Dictionary<string, OutputSize>
    {
        ["preview"] = OutputSize.Preview, ["small"] = OutputSize.Preview, ["regular"] = OutputSize.Preview,
        ["medium"] = OutputSize.Medium, ["hd"] = OutputSize.Hd,
        ["full"] = OutputSize.Full, ["4k"] = OutputSize.Full, ["50MP"] = OutputSize.Full, ["auto"] = OutputSize.Full,
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Types = FrozenSet.Create("auto", "person", "product", "car", "animal", "graphic", "transportation", "other");
    private static readonly FrozenSet<string> TypeLevels = FrozenSet.Create("none", "1", "2", "latest");

    /// <summary>What is not offered, with the spellings of its default, which asks for nothing.</summary>
    private static readonly FrozenDictionary<string, string[]> NotOffered = new Dictionary<string, string[]>
    {
        ["roi"] = ["0% 0% 100% 100%"], ["crop"] = ["false"], ["crop_margin"] = ["0", "0px", "0%"], ["scale"] = ["original"], ["position"] = ["original"],
        ["add_shadow"] = ["false"], ["shadow_method"] = [], ["shadow_type"] = [], ["shadow_opacity"] = [], ["semitransparency"] = ["true"],
        ["bg_image_url"] = [], ["bg_image_file"] = [],
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Known = NotOffered.Keys.Concat(["size", "type", "type_level", "format", "channels", "bg_color"]).ToFrozenSet();

    public static void MapRemoveBg(this IEndpointRouteBuilder app)
    {
        var dialect = new Dialect();
        app.MapPost("/v1.0/removebg", RemoveAsync).RequireClient().WithMetadata(dialect);
        app.MapGet("/v1.0/account", ShowAccount).IdentifyClient().WithMetadata(dialect);
    }

    private static async Task RemoveAsync(HttpContext context, UploadReader uploads, UploadMemory memory)
    {
        // 1. The body, once, and what is asked of it.
        using var form = await uploads.ReadAsync(context.Request, Fields, context.RequestAborted);
        var given = form.Parameters.Gather(Known);
        var options = Translate(given);

        // 2. The cutout, from cache or pod.
        var cutouts = context.RequestServices.GetRequiredService<CutoutService>();
        var key = cutouts.Identify(form.Image, options, context.GetClient().Id);
        var answer = await cutouts.CutAsync(context.ToRequest(key, form.Image), context.RequestAborted);
        var foreground = Box.Of(answer.Cutout);
        if (foreground is { Width: 0, Height: 0 }) throw Problem.NoForeground().AsException();

        // 3. remove.bg's headers, and the picture as itself or in JSON.
        if (given.GetValueOrDefault("type_level") != "none")
            context.Response.Headers["X-Type"] = given.GetValueOrDefault("type", "auto") is var type && type == "auto" ? "other" : type;
        context.Response.Headers["X-Credits-Charged"] = "0";
        foreground?.AddTo(context.Response.Headers);
        AddRateLimit(context);
        if (context.Request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)))
            await WriteJsonAsync(context, answer, foreground, memory);
        else
            await CutoutResponse.WriteAsync(context, answer);
    }

    private static CutoutOptions Translate(Dictionary<string, string> given)
    {
        foreach (var (name, value) in given)
            if (NotOffered.TryGetValue(name, out var defaults) && !defaults.Contains(value))
                throw Problem.InvalidParameter(name, defaults.Length == 0 ? "is not supported" : $"is not supported with another value than {defaults[0]}").AsException();
        OneOf(given, "type", Types);
        OneOf(given, "type_level", TypeLevels);
        OneOf(given, "size", Sizes.Keys);

        // The others are ours by name and value, but for one.
        var isAuto = given.GetValueOrDefault("format", "auto") == "auto";
        var options = CutoutOptions.Parse(given.Where(pair => pair.Key is "channels" or "bg_color" || (pair.Key == "format" && !isAuto)));
        return options with
        {
            Size = Sizes[given.GetValueOrDefault("size", "preview")],
            Format = isAuto && options.Background is { A: 255 } ? OutputFormat.Jpg : options.Format,
        };
    }

    private static void OneOf(Dictionary<string, string> given, string name, IEnumerable<string> values)
    {
        if (given.TryGetValue(name, out var value) && !values.Contains(value))
            throw Problem.InvalidParameter(name, $"must be one of {string.Join(", ", values.Order(StringComparer.Ordinal))}").AsException();
    }

    /// <summary>Nothing is ever charged: there are no credits, and as many free calls as the client's plan allows at once.</summary>
    private static IResult ShowAccount(HttpContext context) =>
        Results.Json(new(new(new(new(0, 0, 0, 0), new(context.GetClient().Plan.Burst, "all")))), RemoveBgJson.Default.RemoveBgAccount);

    private static async Task WriteJsonAsync(HttpContext context, CutoutAnswer answer, Box? foreground, UploadMemory memory)
    {
        var bytes = answer.Cutout.Bytes;
        using var writing = memory.Charge(bytes.Length * 7L / 3); // itself and its base64
        CutoutResponse.Describe(context, answer);
        context.Response.Headers.Remove(HeaderNames.ETag); // names the picture, not this
        RemoveBgPicture picture = new(bytes, foreground?.Top, foreground?.Left, foreground?.Width, foreground?.Height);
        await context.Response.WriteAsJsonAsync(new(picture), RemoveBgJson.Default.RemoveBgResult, contentType: null, context.RequestAborted);
    }

    /// <summary>Where the limiter knows them.</summary>
    private static void AddRateLimit(HttpContext context)
    {
        if (context.Features.Get<TokensLeft>() is not { } tokens) return;
        var headers = context.Response.Headers;
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        headers["X-RateLimit-Limit"] = tokens.Plan.Burst.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = tokens.Count.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = (now + tokens.UntilFull).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Where the subject is, in pixels of the answer.</summary>
    private sealed record Box(int Left, int Top, int Width, int Height)
    {
        public static Box? Of(Cutout cutout) =>
            cutout.Foreground?.Split(' ') is [var left, var top, var width, var height] ? new(Number(left), Number(top), Number(width), Number(height)) : null;

        public void AddTo(IHeaderDictionary headers)
        {
            foreach (var (name, value) in new[] { ("Top", Top), ("Left", Left), ("Width", Width), ("Height", Height) })
                headers[$"X-Foreground-{name}"] = value.ToString(CultureInfo.InvariantCulture);
        }

        private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <summary>remove.bg's error list, statuses and codes: what is wrong with a request is 400, a wrong key 403.</summary>
    private sealed class Dialect : IProblemDialect
    {
        public Task WriteAsync(HttpContext context, Problem problem)
        {
            var response = context.Response;
            response.StatusCode = problem.Status switch
            {
                StatusCodes.Status401Unauthorized => StatusCodes.Status403Forbidden,
                StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType or StatusCodes.Status422UnprocessableEntity => StatusCodes.Status400BadRequest,
                var same => same,
            };
            response.Headers.Remove(HeaderNames.WWWAuthenticate); // belongs to 401
            AddRateLimit(context);
            return response.WriteAsJsonAsync(new([new(problem.Title, Code(problem), problem.Detail)]), RemoveBgJson.Default.RemoveBgErrors, contentType: null, context.RequestAborted);
        }

        private static string Code(Problem problem) => problem.Code switch
        {
            "missing_image" => "missing_source",
            "multiple_images" => "multiple_sources",
            "invalid_parameter" when problem.Parameter is { } name && (Known.Contains(name) || name == Fields.Url) => $"invalid_{name}",
            "invalid_api_key" => "auth_failed",
            "image_too_large" => "file_too_large",
            "unsupported_format" => "invalid_file_type",
            "undecodable_image" or "truncated_image" or "too_many_frames" => "failed_to_read_image",
            "no_foreground" => "unknown_foreground",
            "rate_limited" => "rate_limit_exceeded",
            var same => same,
        };
    }
}

internal sealed record RemoveBgResult(RemoveBgPicture Data);

internal sealed record RemoveBgPicture(
    [property: JsonPropertyName("result_b64")] ReadOnlyMemory<byte> Result,
    [property: JsonPropertyName("foreground_top")] int? Top,
    [property: JsonPropertyName("foreground_left")] int? Left,
    [property: JsonPropertyName("foreground_width")] int? Width,
    [property: JsonPropertyName("foreground_height")] int? Height);

internal sealed record RemoveBgErrors(IReadOnlyList<RemoveBgError> Errors);

internal sealed record RemoveBgError(string Title, string Code, string? Detail);

internal sealed record RemoveBgAccount(RemoveBgAccountData Data);

internal sealed record RemoveBgAccountData(RemoveBgAccountAttributes Attributes);

internal sealed record RemoveBgAccountAttributes(RemoveBgCredits Credits, RemoveBgApi Api);

internal sealed record RemoveBgCredits(int Total, int Subscription, int Payg, int Enterprise);

internal sealed record RemoveBgApi([property: JsonPropertyName("free_calls")] int FreeCalls, string Sizes);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RemoveBgResult))]
[JsonSerializable(typeof(RemoveBgErrors))]
[JsonSerializable(typeof(RemoveBgAccount))]
internal sealed partial class RemoveBgJson : JsonSerializerContext;
