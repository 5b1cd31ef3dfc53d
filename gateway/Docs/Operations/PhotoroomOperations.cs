using Rembg.Contract.Cutouts;
using Rembg.Gateway.Compatibility;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>Photoroom's API v1.</summary>
internal static class PhotoroomOperations
{
    private const string Tag = "Photoroom";

    private static readonly Type[] Errors = [typeof(PhotoroomError), typeof(PhotoroomUnauthorized)];

    private static readonly Field[] Options =
    [
        Field.Choice("format", "File format of the cutout.", "png", "jpg", "webp"),
        .. new[] { "channels", "bg_color", "size", "crop" }.Select(name => Field.Of(CutoutOption.Named(name))),
        Field.Flag("despill", "Without effect."),
    ];

    private static readonly Field Base64 = Field.Text("image_file_b64", $"{InputFormat.Names} as base64; instead of `image_file`.");

    private static readonly Field Url = Field.Text("imageUrl", "The image's URL; instead of `image_file`.");

    public static readonly Operation Segment = new(Tag, "photoroomSegment", "Remove the background, as Photoroom does", "Unknown fields are ignored.")
    {
        RequestHeaders = [CutoutOperations.CacheControl, Field.Text("Accept", "`application/json` alone asks for the cutout as base64 in JSON.")],
        Bodies =
        [
            new("multipart/form-data", [Field.File("image_file", $"{InputFormat.Names}.", required: false), Base64, Url, .. Options]),
            new("application/json", [Base64, Url, .. Options]),
            new("application/x-www-form-urlencoded", [Base64, Url, .. Options]),
        ],
        Answers =
        [
            CutoutOperations.Picture with
            {
                Files = ["image/png", "image/jpeg", "image/webp"],
                Json = typeof(PhotoroomResult),
                Headers = [.. CutoutOperations.PictureHeaders.Where(header => header.Name != "ETag")], // JSON has none
            },
        ],
        Problems = new Dictionary<int, string>
        {
            [400] = "What is wrong with the request or its image; `type` has the code.",
            [403] = "A valid key is required.",
            [429] = CutoutOperations.Problems[429],
            [502] = CutoutOperations.Problems[502],
            [503] = CutoutOperations.Problems[503],
            [504] = CutoutOperations.Problems[504],
        },
        Dialect = Errors,
    };

    public static readonly Operation Account = new(Tag, "photoroomAccount", "What the caller may use", "There are no credits; `available` is how many requests the plan allows at once.")
    {
        Answers = [new(200, "The account.") { Json = typeof(PhotoroomAccount) }],
        Problems = new Dictionary<int, string> { [403] = Segment.Problems[403] },
        Dialect = Errors,
    };
}
