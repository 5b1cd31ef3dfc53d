using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>The files that a build sees: those that git knows or would add, without what <c>.dockerignore</c> keeps out.</summary>
internal static class BuildContext
{
    public static IReadOnlyList<string> Files { get; } = Read();

    private static List<string> Read()
    {
        var listed = Cli.Wrap("git").WithArguments(["ls-files", "--cached", "--others", "--exclude-standard"])
            .WithWorkingDirectory(RepositoryPaths.Root).ExecuteBufferedAsync().Task.GetAwaiter().GetResult().StandardOutput;
        var rules = File.ReadLines(Path.Combine(RepositoryPaths.Root, ".dockerignore")).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => (Excludes: line[0] != '!', Pattern: Pattern(line.TrimStart('!')))).ToList();
        // The last rule that fits decides.
        return [.. listed.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(file => !rules.LastOrDefault(rule => rule.Pattern.IsMatch(file)).Excludes)
            .Where(file => File.Exists(Path.Combine(RepositoryPaths.Root, file)))];
    }

    // A pattern that fits a folder fits what is in it.
    private static Regex Pattern(string glob) =>
        new("^" + Regex.Escape(glob).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal).Replace(@"\*\*", ".*", StringComparison.Ordinal)
            .Replace(@"\*", "[^/]*", StringComparison.Ordinal) + "(/.*)?$");
}
