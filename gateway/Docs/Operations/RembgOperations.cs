using Rembg.Contract.Cutouts;
using Rembg.Gateway.Compatibility;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>The API of danielgatis/rembg's server.</summary>
internal static class RembgOperations
{
    private const string Tag = "rembg";

    private static readonly Type[] Errors = [typeof(RembgMessage), typeof(RembgErrors)];

    private static readonly Field[] Options =
    [
        Field.Text("model", "A model by rembg's name for it; our default model if absent or not loaded. `X-Model` says which answered."),
        Field.Flag("om", "Only the mask."),
        Field.Flag("ppm", "Post-process the mask: smoothed, without half-transparent parts."),
        Field.Text("bgc", "Background colour: R,G,B,A, each from 0 to 255. Without effect with `om`."),
        Field.Flag("a", "Alpha matting; the cutout has clean edges with and without it."),
        Field.Flag("dc", "Clean edge colours; likewise."),
        Field.Number("af", "Matting's foreground threshold; checked, and without effect.", 255, 240),
        Field.Number("ab", "Matting's background threshold; checked, and without effect.", 255, 10),
        Field.Number("ae", "Matting's erosion size; checked, and without effect.", initial: 10),
        Field.Text("extras", "JSON with options of rembg's sessions; ignored, but `model_path` is refused."),
    ];

    private static readonly Field Url = Field.Text("url", "The image's URL, instead of `file`.");

    public static readonly Operation Remove = new(Tag, "rembgRemove", "Remove the background, as rembg's server does",
        "Parameters may come in the form, in the query, or in both if they agree.")
    {
        Query = [Url, .. Options],
        RequestHeaders = [CutoutOperations.IfNoneMatch, CutoutOperations.CacheControl],
        Bodies = [new("multipart/form-data", [Field.File("file", $"{InputFormat.Names}.", required: false), Url, .. Options])],
        Answers = [CutoutOperations.Picture with { Files = ["image/png"], Headers = [.. CutoutOperations.PictureHeaders, Field.Text("X-Model", "The model that answered.")] }],
        Problems = CutoutOperations.Problems.ToDictionary(problem => problem.Key, problem => problem.Key switch
        {
            400 => "The form is not well formed.",
            422 => "A parameter is wrong (then `detail` is a list), or the image cannot be decoded.",
            _ => problem.Value,
        }),
        ErrorTypes = Errors,
    };

    public static readonly Operation RemoveUrl = Remove with
    {
        Id = "rembgRemoveUrl",
        Summary = "Remove the background of the image that a URL names, as rembg's server does",
        Description = null,
        Query = [Url with { Description = "The image's URL: http or https, on a public host.", Required = true }, .. Options],
        Bodies = [],
        Problems = Remove.Problems.Where(problem => problem.Key != 408).ToDictionary(problem => problem.Key, problem => problem.Key switch
        {
            400 => "The URL may not be asked, or gave no image.",
            _ => problem.Value,
        }),
    };
}
