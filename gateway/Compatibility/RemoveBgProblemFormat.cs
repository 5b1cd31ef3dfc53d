using System.Globalization;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients.Limits;

namespace Rembg.Gateway.Compatibility;

/// <summary>remove.bg's error list, statuses and codes: what is wrong with a request is 400, a wrong key 403.</summary>
internal sealed class RemoveBgProblemFormat : IProblemFormat
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
        var code = Code(problem);
        return response.WriteAsJsonAsync(new([new(Title(problem, code), code, problem.Detail)]), RemoveBgJson.Default.RemoveBgErrors, contentType: null, context.RequestAborted);
    }

    /// <summary>The headers on every answer, where the limiter knows them.</summary>
    public static void AddRateLimit(HttpContext context)
    {
        if (context.Features.Get<RateLimitState>() is not { } tokens) return;
        var headers = context.Response.Headers;
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        headers["X-RateLimit-Limit"] = tokens.Plan.Burst.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = tokens.Count.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = (now + tokens.UntilFull).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
    }

    private static string Code(Problem problem) => problem.Code switch
    {
        "missing_image" => "missing_source",
        "multiple_images" => "multiple_sources",
        "invalid_parameter" when problem.Parameter is { } name && (RemoveBgParameters.Names.Contains(name) || name == RemoveBgParameters.Image.Url) => $"invalid_{name}",
        "invalid_api_key" => "auth_failed",
        "image_too_large" => "file_too_large",
        "unsupported_format" => "invalid_file_type",
        "undecodable_image" or "truncated_image" or "too_many_frames" or "image_quarantined" => "failed_to_read_image",
        "download_failed" => problem.Parameter == RemoveBgParameters.Image.Url ? "failed_image_download" : "failed_bg_download",
        "no_foreground" => "unknown_foreground",
        "rate_limited" => "rate_limit_exceeded",
        var same => same,
    };

    /// <summary>The vendor's titles by their codes: most clients show a title and nothing else.</summary>
    private static string Title(Problem problem, string code) => code switch
    {
        "missing_source" => "No image given",
        "multiple_sources" => "Multiple image sources given: Please provide either the image_url, image_file or image_file_b64 parameter.",
        "multiple_bg_sources" => "Multiple background sources given: Please provide either the bg_color, the bg_image_url or the bg_image_file parameter.",
        "invalid_size" or "invalid_channels" => $"Invalid value for parameter '{problem.Parameter}'",
        "invalid_image_url" or "invalid_bg_image_url" => $"Invalid {problem.Parameter}: Please provide a valid URL.",
        "failed_image_download" or "failed_bg_download" => $"Failed to download image from given {problem.Parameter}: {problem.Detail}",
        "auth_failed" => "API Key invalid",
        "file_too_large" => "File too large",
        "invalid_file_type" => "Invalid file type",
        "failed_to_read_image" => "There was an error reading the image.",
        "resolution_too_high" => "Resolution too high",
        "unknown_foreground" => "Could not identify foreground in image.",
        "rate_limit_exceeded" => "Rate limit exceeded",
        _ when code.StartsWith("invalid_", StringComparison.Ordinal) && problem.Parameter is { } name => $"Invalid {name} parameter given",
        _ => problem.Title,
    };
}
