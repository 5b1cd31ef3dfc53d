using Rembg.Contract.Cutouts;
using Rembg.Gateway.Compatibility;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>The API of remove.bg.</summary>
internal static class RemoveBgOperations
{
    private const string Tag = "remove.bg";

    private static readonly Field[] Options =
    [
        Field.Choice("size", "`preview`, `small`, `regular`: at most 0.25 megapixels; `medium` 1.5; `hd` 4; `full`, `4k`, `50MP`, `auto`: the photograph's own.",
            "preview", "small", "regular", "medium", "hd", "full", "4k", "50MP", "auto"),
        Field.Choice("type", "What the subject is; comes back in `X-Type`, where `auto` becomes `other`: nothing is classified.",
            "auto", "person", "product", "car", "animal", "graphic", "transportation", "other", "graphics", "car_interior", "car_part"),
        Field.Choice("type_level", "How much `X-Type` tells apart: `1` five types, `2` and `latest` nine; `none` leaves it out.", "1", "2", "latest", "none"),
        Field.Choice("format", "`auto` is `jpg` over an opaque `bg_color` or a JPEG as background, and otherwise `png`.", "auto", "png", "jpg", "zip", "webp"),
        Field.Choice("channels", "The image with its alpha, or the mask alone.", "rgba", "alpha"),
        .. new[] { "bg_color", "roi", "crop", "crop_margin", "scale", "position" }.Select(name => Field.Of(CutoutOption.Named(name))),
        Field.Choice("shadow_type", "Drawn as a drop shadow, whatever its kind. Also for one type of subject, as `shadow_type[person]`.", "none", "auto", "car", "3D", "drop"),
        Field.Text("shadow_opacity", "`auto` or 0 to 100."),
        Field.Flag("add_shadow", "`true` with `type=car` is `shadow_type=car`."),
        Field.Flag("semitransparency", "Of the windows of cars; without effect.", initial: true),
    ];

    private static readonly Field Base64 = Field.Text("image_file_b64", $"{InputFormat.Names} as base64; instead of `image_file`.");

    private static readonly Field BackgroundFile = Field.File("bg_image_file", "An image behind the subject; instead of `bg_color`.", required: false);
    private static readonly Field BackgroundUrl = Field.Text("bg_image_url", "Its URL; instead of `bg_image_file`.");

    private static readonly Field Url = Field.Text("image_url", "The image's URL; instead of `image_file`.");

    private static readonly Field[] Report = [Field.Text("image_filename", "Name of the image; ignored."), Field.Text("tag", "For your own use; ignored.")];

    public static readonly Operation Remove = new(Tag, "removeBg", "Remove the background, as remove.bg does",
        "Exactly one of `image_file`, `image_file_b64` and `image_url`. Fields without a value count as absent, unknown fields are ignored.")
    {
        RequestHeaders = [CutoutOperations.CacheControl, Field.Text("Accept", "`application/json` alone asks for the cutout as base64 in JSON; beside `*/*` or an image type it does not.")],
        Bodies =
        [
            new("multipart/form-data", [Field.File("image_file", $"{InputFormat.Names}.", required: false), Base64, Url, BackgroundFile, BackgroundUrl, .. Options]),
            new("application/json", [Base64, Url, BackgroundUrl, .. Options]),
            new("application/x-www-form-urlencoded", [Base64, Url, BackgroundUrl, .. Options]),
        ],
        Answers =
        [
            new(200, "The cutout.")
            {
                Files = CutoutOperations.Pictures,
                Json = typeof(RemoveBgResult),
                Headers =
                [
                    .. CutoutOperations.PictureHeaders.Where(header => header.Name != "ETag"),
                    Field.Text("X-Type", "`type` of the request, or `other`."),
                    Field.Number("X-Credits-Charged", "0: nothing is ever charged."),
                    Field.Number("X-Foreground-Top", "Pixels."), Field.Number("X-Foreground-Left", "Pixels."),
                    Field.Number("X-Foreground-Width", "Pixels."), Field.Number("X-Foreground-Height", "Pixels."),
                    Field.Number("X-RateLimit-Limit", "Requests at once that your plan allows."),
                    Field.Number("X-RateLimit-Remaining", "What is left of them."),
                    Field.Number("X-RateLimit-Reset", "When all of them are there again, in Unix seconds."),
                ],
            },
        ],
        Problems = new Dictionary<int, string>
        {
            [400] = "`missing_source`, `multiple_sources`, `multiple_bg_sources`, `file_too_large`, `invalid_file_type`, `failed_to_read_image`, `failed_image_download`, `failed_bg_download`, `resolution_too_high`, "
                + "`unknown_foreground`, `invalid_` and a parameter's name, `invalid_parameter` or `invalid_request`.",
            [403] = "`auth_failed`: a valid key is required.",
            [408] = CutoutOperations.Problems[408],
            [429] = "`rate_limit_exceeded`: you exceeded your plan; come back after `Retry-After`.",
            [502] = CutoutOperations.Problems[502],
            [503] = CutoutOperations.Problems[503],
            [504] = CutoutOperations.Problems[504],
        },
        ErrorTypes = [typeof(RemoveBgErrors)],
    };

    public static readonly Operation Improve = new(Tag, "removeBgImprove", "Report an image that was cut badly",
        "The image is checked as for a cutout. Nothing is kept.")
    {
        Bodies =
        [
            new("multipart/form-data", [Field.File("image_file", $"{InputFormat.Names}.", required: false), Base64, Url, .. Report]),
            new("application/json", [Base64, Url, .. Report]),
            new("application/x-www-form-urlencoded", [Base64, Url, .. Report]),
        ],
        Answers = [new(200, "A new id.") { Json = typeof(RemoveBgImprovement) }],
        Problems = Remove.Problems.Where(problem => problem.Key is not (502 or 504)).ToDictionary(),
        ErrorTypes = Remove.ErrorTypes,
    };

    public static readonly Operation Account = new(Tag, "removeBgAccount", "What the caller may use",
        "There are no credits; `free_calls` is how many requests the caller's plan allows at once.")
    {
        Answers = [new(200, "The account.") { Json = typeof(RemoveBgAccount) }],
        Problems = new Dictionary<int, string> { [403] = Remove.Problems[403] },
        ErrorTypes = Remove.ErrorTypes,
    };
}
