namespace Rembg.Contract.Problems;

/// <summary>
/// Everything that can be wrong with a request or with us, as one closed list: status, stable code, title.
/// The status follows whose fault it is: 4xx the caller's, 503 and 504 ours.
/// </summary>
public sealed record Problem(int Status, string Code, string Title)
{
    /// <summary>What is wrong with this very request, for a person; never a key, a stack or a library's own text.</summary>
    public string? Detail { get; init; }

    /// <summary>When to come back; answered as <c>Retry-After</c> in whole seconds, at least one.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>For 503 between pod and gateway: the value of <see cref="PodHeaders.Overload"/>.</summary>
    public string? Overload { get; init; }

    /// <summary>The parameter that is wrong, for APIs whose error codes name it.</summary>
    public string? Parameter { get; init; }

    /// <summary>For 415: the encodings of a body that are taken.</summary>
    public string? AcceptEncoding { get; init; }

    public ProblemException AsException() => new(this);

    /// <summary>The same, of the image that this parameter gave, where a request has several.</summary>
    public Problem Of(string parameter) => this with { Parameter = parameter, Detail = $"{parameter}: {Detail ?? Title}" };

    public static Problem MissingImage(string detail) => new(400, "missing_image", "No image in the request") { Detail = detail };
    public static Problem MultipleImages() => new(400, "multiple_images", "More than one image in the request") { Detail = "Send exactly one image a request." };
    public static Problem MultipleBackgrounds() => new(400, "multiple_bg_sources", "More than one background in the request") { Detail = "Send one background: a colour, a file or a URL." };
    public static Problem InvalidParameter(string name, string why) => new(400, "invalid_parameter", "A parameter is not valid") { Parameter = Printable(name), Detail = $"{Printable(name)} {why}." };
    public static Problem UnknownParameter(string name) => InvalidParameter(name, "is not a known parameter");
    public static Problem InvalidMask() => new(400, "invalid_mask", "The mask is not one of this model") { Detail = "It is damaged, or of another model, size or version." };
    public static Problem InvalidRequest(string detail) => new(400, "invalid_request", "The request is not well formed") { Detail = detail };
    public static Problem InvalidApiKey() => new(401, "invalid_api_key", "A valid API key is required") { Detail = "Send it as X-Api-Key or as Authorization: Bearer." };
    public static Problem NotFound(string detail) => new(404, "not_found", "Not found") { Detail = detail };
    public static Problem SlowRequest() => new(408, "slow_request", "The upload took too long");
    public static Problem IdempotencyInProgress() => new(409, "idempotency_in_progress", "The first request with this Idempotency-Key is still being accepted") { RetryAfter = TimeSpan.FromSeconds(1) };
    public static Problem NotReady(string detail) => new(409, "not_ready", "The result is not there yet") { Detail = detail, RetryAfter = TimeSpan.FromSeconds(1) };
    public static Problem ResultExpired() => new(410, "result_expired", "The result has been deleted");
    public static Problem ImageTooLarge(long maxBytes) => new(413, "image_too_large", "The upload is too large") { Detail = $"An image may have at most {maxBytes:N0} bytes." };
    public static Problem UnsupportedFormat(string detail) => new(415, "unsupported_format", "Not an image of a format that is read") { Detail = detail };
    public static Problem ResolutionTooHigh(string detail) => new(422, "resolution_too_high", "The image has too many pixels") { Detail = detail };
    public static Problem TooManyFrames(int maxFrames) => new(422, "too_many_frames", "The image has too many frames") { Detail = $"An animated image may have at most {maxFrames:N0} frames; its first is the one that is taken." };
    public static Problem RoiExceedsBounds(int width, int height) => new(400, "roi_exceeds_bounds", "ROI exceeds image bounds") { Parameter = "roi", Detail = $"The image has {width} x {height} pixels." };
    public static Problem RoiRegionEmpty() => new(400, "roi_region_empty", "ROI region is empty") { Parameter = "roi" };
    public static Problem Undecodable(string detail) => new(422, "undecodable_image", "The image cannot be decoded") { Detail = detail };
    public static Problem Truncated() => new(422, "truncated_image", "The image ends too early") { Detail = "The file looks cut off; send it again whole." };
    public static Problem RangeNotSatisfiable(long total) => new(416, "range_not_satisfiable", "There are no such bytes") { Detail = $"The answer has {total:N0} bytes." };
    public static Problem UnsupportedEncoding(string encoding) => new(415, "unsupported_encoding", "The body is compressed") { Detail = $"Content-Encoding {Printable(encoding)} is not taken: images are compressed already. Send the body as it is.", AcceptEncoding = "identity" };
    public static Problem HeadersTooLarge(string detail) => new(431, "headers_too_large", "The headers of the request are too large") { Detail = detail };
    public static Problem NoForeground() => new(422, "no_foreground", "No subject was found") { Detail = "The model sees nothing but background in this image." };
    public static Problem DownloadFailed(string parameter, string reason) => new(422, "download_failed", "The image could not be fetched from its URL") { Parameter = parameter, Detail = reason };
    public static Problem Quarantined() => new(422, "image_quarantined", "The image cannot be processed") { Detail = "Processing this image failed in a way that affects others; it is not tried again for some minutes." };
    public static Problem IdempotencyKeyReused() => new(422, "idempotency_key_reused", "This Idempotency-Key was used for a different request");
    public static Problem RateLimited(TimeSpan retryAfter, string detail) => new(429, "rate_limited", "Too many requests") { RetryAfter = retryAfter, Detail = detail };
    public static Problem BadUpstream() => new(502, "bad_upstream", "The inference service gave no valid answer");
    public static Problem Overloaded(string detail, string? overload = null) => new(503, "overloaded", "The service is full at the moment") { Detail = detail, RetryAfter = TimeSpan.FromSeconds(2), Overload = overload };
    public static Problem DeadlineExceeded() => new(504, "deadline_exceeded", "The time for this request ran out");
    public static Problem Internal() => new(500, "internal", "An unexpected error");

    private static string Printable(string name) =>
        name.Length <= 40 && name.All(c => c is > ' ' and < (char)127) ? name : "(unprintable name)";
}

/// <summary>Carries a <see cref="Problem"/> up to the one place that writes problems.</summary>
public sealed class ProblemException(Problem problem) : Exception(problem.Title)
{
    public Problem Problem { get; } = problem;
}
