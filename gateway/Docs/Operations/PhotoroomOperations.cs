using Rembg.Contract.Cutouts;
using Rembg.Gateway.Compatibility;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>Photoroom's APIs v1 and v2.</summary>
internal static class PhotoroomOperations
{
    private const string Tag = "Photoroom";

    private static readonly Type[] Errors = [typeof(PhotoroomError), typeof(PhotoroomFailure)];

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
        ErrorTypes = Errors,
    };

    private static readonly Field[] EditOptions =
    [
        Field.Choice("removeBackground", "`false` is refused.", "true"),
        Field.Text("background.color", "Hex digits, a colour name, or `transparent`, which is the default."),
        Field.Choice("export.format", "File format of the cutout.", "png", "jpeg", "jpg", "webp", "avif"),
        Field.Text("outputSize", "`auto` and `originalImage`: as the image; `croppedSubject`; or `WIDTHxHEIGHT`."),
        Field.Text("maxWidth", "Most pixels of the answer."), Field.Text("maxHeight", "Most pixels of the answer."),
        .. new[] { "padding", "margin" }.SelectMany(name => new[] { "", "Top", "Right", "Bottom", "Left" }
            .Select(side => Field.Text(name + side, "0 to 0.49 of the document, a percentage, or pixels such as `100px`."))),
        Field.Choice("horizontalAlignment", "Of the subject in the document less margin and padding.", "center", "left", "right"),
        Field.Choice("verticalAlignment", "Likewise.", "center", "top", "bottom"),
        Field.Choice("referenceBox", "What is fitted into the document: `originalImage` leaves the subject where it was, in a document as large as the image.", "subjectBox", "originalImage"),
        Field.Text("shadow.mode", "`ai.soft` and the others are drawn as a drop shadow."),
    ];

    private static readonly Field BackgroundUrl = Field.Text("background.imageUrl", "URL of an image behind the subject.");

    public static readonly Operation EditUrl = new(Tag, "photoroomEditUrl", "Remove the background and lay the subject out, as Photoroom does", Unsupported)
    {
        Query = [Url with { Description = "The image's URL.", Required = true }, BackgroundUrl, .. EditOptions],
        RequestHeaders = [CutoutOperations.IfNoneMatch, CutoutOperations.CacheControl],
        Answers = [CutoutOperations.Picture with { Files = ["image/png", "image/jpeg", "image/webp", "image/avif"] }],
        Problems = Segment.Problems,
        ErrorTypes = [typeof(PhotoroomFailure)],
    };

    public static readonly Operation Edit = EditUrl with
    {
        Id = "photoroomEdit",
        Query = [],
        Bodies =
        [
            new("multipart/form-data",
            [
                Field.File("imageFile", $"{InputFormat.Names}.", required: false), Url with { Description = "The image's URL; instead of `imageFile`." },
                Field.File("background.imageFile", "An image behind the subject.", required: false), BackgroundUrl, .. EditOptions,
            ]),
        ],
    };

    private const string Unsupported = "Attributes without effect here (the vendor's AI, outlines, and others) are named in the header `pr-unsupported-attributes`. Unknown ones, too.";

    public static readonly Operation EditAccount = new(Tag, "photoroomEditAccount", "What the caller may use", "There are no credits; `available` is how many requests the plan allows at once.")
    {
        Answers = [new(200, "The account.") { Json = typeof(PhotoroomEditAccount) }],
        Problems = new Dictionary<int, string> { [403] = Segment.Problems[403] },
        ErrorTypes = [typeof(PhotoroomFailure)],
    };

    public static readonly Operation Account = new(Tag, "photoroomAccount", "What the caller may use", "There are no credits; `available` is how many requests the plan allows at once.")
    {
        Answers = [new(200, "The account.") { Json = typeof(PhotoroomAccount) }],
        Problems = new Dictionary<int, string> { [403] = Segment.Problems[403] },
        ErrorTypes = Errors,
    };
}
