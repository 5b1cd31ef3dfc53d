namespace Rembg.Models;

/// <summary>The command line.</summary>
/// <param name="Models">Folder of the manifest; null for the checkout's.</param>
/// <param name="Names">Models to prepare, or the one to calibrate.</param>
/// <param name="Photos">Folder of photographs to calibrate with; null prepares.</param>
/// <param name="Verify">Folder of photographs to verify on; null keeps some of <paramref name="Photos"/> for it.</param>
internal sealed record Command(string? Models, IReadOnlyList<string> Names, string? Photos, string? Verify)
{
    /// <exception cref="ModelException">It is neither; the message is the usage.</exception>
    public static Command Parse(string[] args)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--models" or "--photos" or "--verify" && i + 1 < args.Length) options[args[i]] = Path.GetFullPath(args[++i]);
            else if (args[i].StartsWith('-')) throw Usage();
            else names.Add(args[i]);
        }
        var command = new Command(options.GetValueOrDefault("--models"), names, options.GetValueOrDefault("--photos"), options.GetValueOrDefault("--verify"));
        if (names is ["calibrate", ..]) return names.Count == 2 && command.Photos is not null ? command with { Names = names[1..] } : throw Usage();
        return command is { Photos: null, Verify: null } ? command : throw Usage();
    }

    private static ModelException Usage() => new("usage: Rembg.Models [--models DIR] [NAME ...]   or   Rembg.Models [--models DIR] calibrate NAME --photos DIR [--verify DIR]");
}
