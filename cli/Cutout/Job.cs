using Rembg.Contract.Cutouts;

namespace Rembg.Cli.Cutout;

/// <summary>One image and where its cutout goes.</summary>
/// <param name="Input">A path, a URL, or <see cref="Standard"/>.</param>
/// <param name="Output">A path, or <see cref="Standard"/>.</param>
internal sealed record Job(string Input, string Output)
{
    /// <summary>Standard input, or standard output.</summary>
    public const string Standard = "-";

    /// <summary>Ends the name of a cutout beside its image, so that a folder's cutouts are not cut out again.</summary>
    private const string Suffix = ".cutout";

    private static readonly string[] ImageExtensions = [".jpg", ".jpeg", ".png", ".webp"];

    public bool IsUrl => IsAddress(Input);
    public bool IsDone => Output != Standard && File.Exists(Output);

    /// <summary>All that is to be done, in the order of names; a folder's subfolders are not entered.</summary>
    /// <exception cref="UsageException">There is no such file or folder, or a folder would become one file.</exception>
    public static IReadOnlyList<Job> Find(string input, string? output, OutputFormat format)
    {
        var extension = $".{format.ToString().ToLowerInvariant()}";
        if (Directory.Exists(input))
        {
            if (output == Standard || File.Exists(output)) throw new UsageException("The cutouts of a folder go into a folder.");
            if (output is not null && Path.GetFullPath(output).TrimEnd('/') == Path.GetFullPath(input).TrimEnd('/')) output = null; // no cutout takes its image's place
            return [.. Directory.EnumerateFiles(input).Where(IsImage).Order(StringComparer.Ordinal).Select(file => new Job(file, Into(output ?? input, file, extension, isBeside: output is null)))];
        }
        if (input == Standard || IsAddress(input)) return [new(input, output ?? Standard)];
        if (!File.Exists(input)) throw new UsageException($"There is no file or folder {input}.");
        return [new(input, output is null ? Into(Path.GetDirectoryName(input)!, input, extension, isBeside: true) : Directory.Exists(output) ? Into(output, input, extension, isBeside: false) : output)];
    }

    /// <summary>The format that OUT's extension stands for; null when it stands for none, or OUT is a folder.</summary>
    public static string? FormatOf(string input, string? output) => output is null || Directory.Exists(input) || Directory.Exists(output) ? null : Path.GetExtension(output).ToLowerInvariant() switch
    {
        ".png" => "png",
        ".webp" => "webp",
        ".jpg" or ".jpeg" => "jpg",
        ".zip" => "zip",
        _ => null,
    };

    /// <summary>Two images of one name and different extensions keep apart: <c>a.jpg</c> and <c>a.png</c> become <c>a.jpg.png</c> and <c>a.png</c>.</summary>
    private static string Into(string folder, string file, string extension, bool isBeside)
    {
        var (name, own) = (Path.GetFileNameWithoutExtension(file), Path.GetExtension(file));
        var hasTwin = ImageExtensions.Any(other => !other.Equals(own, StringComparison.OrdinalIgnoreCase) && File.Exists(Path.ChangeExtension(file, other)));
        return Path.Combine(folder, $"{(hasTwin ? Path.GetFileName(file) : name)}{(isBeside ? Suffix : "")}{extension}");
    }

    private static bool IsImage(string file) =>
        ImageExtensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase) && !Path.GetFileNameWithoutExtension(file).EndsWith(Suffix, StringComparison.Ordinal);

    private static bool IsAddress(string text) => text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
