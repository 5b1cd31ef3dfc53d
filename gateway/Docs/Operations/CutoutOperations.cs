using Rembg.Contract.Cutouts;
using Rembg.Contract.Models;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>Our own API, synchronous.</summary>
internal static class CutoutOperations
{
    private const string Tag = "Cutouts";

    public static readonly IReadOnlyDictionary<int, string> Problems = new Dictionary<int, string>
    {
        [400] = "`missing_image`, `multiple_images`, `multiple_bg_sources`, `invalid_parameter`, `invalid_request`, `roi_exceeds_bounds` or `roi_region_empty`: the form or a parameter is wrong.",
        [401] = "`invalid_api_key`: a valid key is required.",
        [408] = "`slow_request`: the upload took too long.",
        [413] = "`image_too_large`: the upload has too many bytes.",
        [415] = $"`unsupported_format`: not {InputFormat.Names} by its first bytes.",
        [422] = "`undecodable_image`, `truncated_image`, `resolution_too_high` or `too_many_frames`: the image itself is the trouble; `image_quarantined`: pods died while they held it; `download_failed`: it could not be fetched from its URL.",
        [429] = "`rate_limited`: you exceeded your plan; come back after `Retry-After`.",
        [502] = "`bad_upstream`: inference gave no valid answer.",
        [503] = "`overloaded`: the platform is full; come back after `Retry-After`.",
        [504] = "`deadline_exceeded`: the time for this request ran out.",
    };

    /// <summary>From the table of options, so that the document cannot differ from the parser.</summary>
    public static readonly Field[] Options = [.. CutoutOption.All.Select(Field.Of)];

    public static readonly string[] Pictures = ["image/png", "image/webp", "image/jpeg", "image/avif", "application/zip"];

    public static readonly Field[] PictureHeaders =
    [
        Field.Text("ETag", "Names the answer; send it back as `If-None-Match` and the picture is not sent again."),
        Field.Text("X-Cache", "`hit`, `mask`, `miss` or `coalesced`: made before, drawn now with a mask made before, made now, or made now for several callers."),
        Field.Text("Server-Timing", "Where the time went in milliseconds: `queue`, `decode`, `infer`, `mask`, `encode`, `total`. `decode` and `infer` are missing where no model ran."),
        Field.Number("X-Width", "Pixels of the answer."),
        Field.Number("X-Height", "Pixels of the answer."),
        Field.Number("X-Max-Width", "Pixels that the cutout would have with `size=full`."),
        Field.Number("X-Max-Height", "Pixels that the cutout would have with `size=full`."),
        Field.Number("X-Frames", "Frames of the upload; the first one was taken."),
        Field.Text("X-Uncertainty", "How unsure the model is: 0 where every pixel is subject or background, 1 where it cannot tell any."),
        Field.Text("X-Foreground", "Bounding box of the subject in pixels: left top width height; `0 0 0 0` without one."),
    ];

    /// <summary>304 is said here and not listed as an answer: generators (Kiota) give no picture to operations that may answer without a body.</summary>
    public static readonly Field IfNoneMatch = Field.Text("If-None-Match", "`ETag` of an answer that you have: 304 without a body says that it is still the answer.");
    public static readonly Field CacheControl = Field.Text("Cache-Control", "`no-cache` makes the cutout again; `no-store` also keeps cutout and mask out of the cache.");
    public static readonly Answer Picture = new(200, "The cutout.") { Files = Pictures, Headers = PictureHeaders };

    public static readonly Field Url = Field.Text("image_url", "The image's URL instead of the image: http or https, on a public host.");

    private static readonly Field BackgroundFile = Field.File(BackgroundImage.Name, "An image behind the subject: it covers the canvas, centred. Not with `bg_color` or `channels=alpha`.", required: false);
    private static readonly Field BackgroundUrl = Field.Text("bg_image_url", "Its URL instead of the image.");

    /// <summary>The image as a form field, as the whole body, or by its URL.</summary>
    public static readonly Body[] Images =
    [
        new("multipart/form-data", [Field.File("file", $"{InputFormat.Names}; `image`, `image_file` and `imageFile` are other names for it, and a file under any other name is taken as well.", required: false), Url, BackgroundFile, BackgroundUrl, .. Options]),
        new("application/json", [Url, BackgroundUrl, .. Options]),
        .. InputFormat.All.Select(format => new Body(format.ContentType)), new("application/octet-stream"),
    ];

    public static Operation RemoveBackground(string id) => new(Tag, id, "Remove the background of a photograph",
        "The image is a form field, the whole body, or what `image_url` names; options are form fields, query parameters or properties of JSON, each at most once.")
    {
        Query = [Url, BackgroundUrl, .. Options],
        RequestHeaders = [IfNoneMatch, CacheControl],
        Bodies = Images,
        Answers = [Picture],
        Problems = Problems,
    };

    public static readonly Operation Models = new(Tag, "listModels", "List the models that are loaded")
    {
        Answers = [new(200, "The models, with input size, licence and execution provider.") { Json = typeof(ModelList) }],
        Problems = new Dictionary<int, string> { [503] = "`overloaded`: no inference pod has answered yet." },
    };
}
