using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>Carries out a stage's instructions below a folder: absolute paths are put below it.</summary>
internal sealed partial class StageStep(string root, IReadOnlyDictionary<string, string>? surroundings)
{
    private readonly Dictionary<string, string?> _variables = (surroundings ?? new Dictionary<string, string>()).ToDictionary(v => v.Key, v => (string?)v.Value);
    private string _workingDirectory = "/";

    public string At(string path) => root + Path.Combine(_workingDirectory, path);

    public void Set(string variable, string value) => _variables[variable] = value;

    public void ChangeTo(string directory)
    {
        _workingDirectory = directory;
        Directory.CreateDirectory(At("."));
    }

    /// <summary>From the build's context.</summary>
    public void Copy(IEnumerable<string> sources, string target)
    {
        foreach (var source in sources)
        {
            var files = BuildContext.Files.Where(file => file == source || file.StartsWith($"{source}/", StringComparison.Ordinal)).ToList();
            files.ShouldNotBeEmpty($"COPY {source}: nothing of that name is in the build context");
            foreach (var file in files)
                Files.Copy(Path.Combine(RepositoryPaths.Root, file), Path.Combine(At(target), file == source ? Path.GetFileName(file) : file[(source.Length + 1)..]));
        }
    }

    public async Task RunAsync(string command)
    {
        for (Match mount; (mount = CacheMount().Match(command)).Success; command = command[mount.Length..])
        {
            // The build's cache is this checkout's: what it has fetched is not fetched again.
            var target = At(mount.Groups[1].Value);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var source = Directory.CreateDirectory(Path.Combine(RepositoryPaths.Root, Path.GetRelativePath("/src", mount.Groups[1].Value))).FullName;
            if (!Path.Exists(target)) Directory.CreateSymbolicLink(target, source);
        }
        var result = await Cli.Wrap("sh").WithArguments(["-ec", AbsolutePath().Replace(command, match => root + match.Value)])
            .WithWorkingDirectory(At(".")).WithEnvironmentVariables(_variables).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        result.ExitCode.ShouldBe(0, $"RUN {command}\n{result.StandardOutput}{result.StandardError}");
    }

    [GeneratedRegex(@"^--mount=type=cache,target=(\S+)\s+")]
    private static partial Regex CacheMount();

    [GeneratedRegex("(?<=[ =])/(app|src|models)(?=[/ ]|$)")]
    private static partial Regex AbsolutePath();
}
