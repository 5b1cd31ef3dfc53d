using Rembg.Gateway.Compatibility;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>The API of danielgatis/rembg's server.</summary>
internal static class RembgOperations
{
    private const string Tag = "rembg";

    private static readonly Type[] Errors = [typeof(RembgMessage), typeof(RembgErrors)];

    private static readonly Field[] Options =
    [
        Field.Text("model", "A loaded model by rembg's name for it; our default model, not `u2net`, if absent."),
        Field.Flag("om", "Only the mask."),
        Field.Flag("ppm", "Post-process the mask: smoothed, without half-transparent parts."),
        Field.Text("bgc", "Background colour: R,G,B,A, each from 0 to 255. Not with `om`."),
        Field.Choice("a", "Alpha matting, which is not offered.", "false"),
        Field.Number("af", "Matting's foreground threshold; checked, and without effect.", 255, 240),
        Field.Number("ab", "Matting's background threshold; checked, and without effect.", 255, 10),
        Field.Number("ae", "Matting's erosion size; checked, and without effect.", initial: 10),
        Field.Text("extras", "Options of rembg's sessions, of which there are none here: only the empty JSON object is taken."),
    ];

    public static readonly Operation Remove = new(Tag, "rembgRemove", "Remove the background, as rembg's server does",
        "Parameters may come in the form, in the query, or in both if they agree.")
    {
        Query = Options,
        RequestHeaders = [CutoutOperations.IfNoneMatch, CutoutOperations.CacheControl],
        Bodies = [new("multipart/form-data", [Field.File("file", "JPEG, PNG or WebP."), .. Options])],
        Answers = [CutoutOperations.Picture with { Files = ["image/png"] }, CutoutOperations.NotModified],
        Problems = CutoutOperations.Problems.ToDictionary(problem => problem.Key, problem => problem.Key switch
        {
            400 => "The form is not well formed.",
            422 => "A parameter is wrong (then `detail` is a list), or the image cannot be decoded.",
            _ => problem.Value,
        }),
        Dialect = Errors,
    };

    public static readonly Operation RefuseUrl = new(Tag, "rembgRemoveUrl", "Refused: images by URL are not fetched")
    {
        Query = [Field.Text("url", "Where rembg would fetch the image.")],
        Answers = [],
        Problems = new Dictionary<int, string> { [400] = "Always.", [401] = CutoutOperations.Problems[401] },
        Dialect = Errors,
    };
}
