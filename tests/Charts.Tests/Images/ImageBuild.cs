using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>
/// Builds an image without an engine: runs the instructions of its stages in folders. Absolute paths are put below the
/// stage's folder; what comes from other images than those of the Dockerfile is taken to be installed here.
/// </summary>
internal sealed partial class ImageBuild(Dockerfile dockerfile, string scratch)
{
    private string _workingDirectory = "/";

    /// <summary>The files of a stage.</summary>
    public string Root(string stage) => Path.Combine(scratch, stage);

    /// <exception cref="ShouldAssertException">A step failed; says which, and what it said.</exception>
    public async Task BuildAsync(string name, IReadOnlyDictionary<string, string> arguments)
    {
        var stage = dockerfile.Stages.Single(s => s.Name == name);
        var variables = new Dictionary<string, string?>();
        Directory.CreateDirectory(Root(name));
        _workingDirectory = "/";
        foreach (var instruction in stage.Instructions)
        {
            switch (instruction.Name)
            {
                case "ARG":
                    var (argument, fallback) = instruction.Arguments.Split('=', 2) is [var a, var f] ? (a, f) : (instruction.Arguments, "");
                    variables[argument] = arguments.GetValueOrDefault(argument, fallback);
                    break;
                case "ENV":
                    foreach (var word in instruction.Words.Select(w => w.Split('=', 2))) variables[word[0]] = word[1];
                    break;
                case "WORKDIR":
                    _workingDirectory = instruction.Arguments;
                    Directory.CreateDirectory(At(name, _workingDirectory));
                    break;
                case "COPY":
                    Copy(name, instruction);
                    break;
                case "RUN":
                    await RunAsync(name, instruction, variables);
                    break;
            }
        }
    }

    private string At(string stage, string path) => Root(stage) + Path.Combine(_workingDirectory, path);

    private void Copy(string stage, Instruction copy)
    {
        var words = copy.Words;
        var target = At(stage, words[^1]);
        if (words[0].StartsWith("--from=", StringComparison.Ordinal))
        {
            if (dockerfile.Stages.Any(s => s.Name == words[0][7..])) CopyFolder(Root(words[0][7..]) + words[1], target);
            return; // from another image: node is installed here
        }
        foreach (var source in words[..^1])
        {
            var files = BuildContext.Files.Where(file => file == source || file.StartsWith($"{source}/", StringComparison.Ordinal)).ToList();
            files.ShouldNotBeEmpty($"COPY {source}: nothing of that name is in the build context");
            foreach (var file in files)
                CopyFile(Path.Combine(RepositoryPaths.Root, file), file == source ? Path.Combine(target, Path.GetFileName(file)) : Path.Combine(target, file[(source.Length + 1)..]));
        }
    }

    private async Task RunAsync(string stage, Instruction run, IReadOnlyDictionary<string, string?> variables)
    {
        var command = run.Arguments;
        for (Match mount; (mount = CacheMount().Match(command)).Success; command = command[mount.Length..])
        {
            // The build's cache is this checkout's: what it has fetched is not fetched again.
            var target = At(stage, mount.Groups[1].Value);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var source = Directory.CreateDirectory(Path.Combine(RepositoryPaths.Root, Path.GetRelativePath("/src", mount.Groups[1].Value))).FullName;
            if (!Path.Exists(target)) Directory.CreateSymbolicLink(target, source);
        }
        var result = await Cli.Wrap("sh").WithArguments(["-ec", AbsolutePath().Replace(command, match => Root(stage) + match.Value)])
            .WithWorkingDirectory(At(stage, ".")).WithEnvironmentVariables(variables).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        result.ExitCode.ShouldBe(0, $"RUN {command}\n{result.StandardOutput}{result.StandardError}");
    }

    private static void CopyFolder(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)) CopyFile(file, Path.Combine(target, Path.GetRelativePath(source, file)));
    }

    private static void CopyFile(string source, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(source, target, overwrite: true);
    }

    [GeneratedRegex(@"^--mount=type=cache,target=(\S+)\s+")]
    private static partial Regex CacheMount();

    [GeneratedRegex("(?<=[ =])/(app|src|models)(?=[/ ]|$)")]
    private static partial Regex AbsolutePath();
}
