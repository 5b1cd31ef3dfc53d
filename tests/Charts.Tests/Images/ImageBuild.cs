namespace Rembg.Charts.Tests.Images;

/// <summary>
/// Builds an image without an engine: a folder for each stage, in which its instructions are run. A folder that is there
/// already is a stage or an image that a test stands in for; other images are taken to be installed here.
/// </summary>
/// <param name="surroundings">What is set where the build runs, though the Dockerfile does not know of it.</param>
internal sealed class ImageBuild(Dockerfile dockerfile, string scratch, IReadOnlyDictionary<string, string>? surroundings = null)
{
    /// <summary>The files of a stage, or of an image that stands in for one.</summary>
    public string Root(string name) => Path.Combine(scratch, name);

    /// <summary>Builds a stage, after those that it starts from or copies from.</summary>
    /// <exception cref="ShouldAssertException">A step failed; says which, and what it said.</exception>
    public async Task BuildAsync(string name, IReadOnlyDictionary<string, string> arguments)
    {
        if (Directory.Exists(Root(name)) || dockerfile.Stages.SingleOrDefault(s => s.Name == name) is not { } stage) return;
        var parent = dockerfile.Base(stage, arguments);
        await BuildAsync(parent, arguments);
        Directory.CreateDirectory(Root(name));
        if (Directory.Exists(Root(parent))) Files.CopyFolder(Root(parent), Root(name));

        var step = new StageStep(Root(name), surroundings);
        foreach (var instruction in stage.Instructions)
        {
            switch (instruction.Name)
            {
                case "ARG":
                    var (argument, fallback) = instruction.Arguments.Split('=', 2) is [var a, var f] ? (a, f) : (instruction.Arguments, dockerfile.Arguments.GetValueOrDefault(instruction.Arguments, ""));
                    step.Set(argument, arguments.GetValueOrDefault(argument, fallback));
                    break;
                case "ENV":
                    foreach (var word in instruction.Words.Select(w => w.Split('=', 2))) step.Set(word[0], word[1]);
                    break;
                case "WORKDIR":
                    step.ChangeTo(instruction.Arguments);
                    break;
                case "COPY" when instruction.Words[0].StartsWith("--from=", StringComparison.Ordinal):
                    var from = instruction.Words[0]["--from=".Length..];
                    await BuildAsync(from, arguments);
                    if (Directory.Exists(Root(from))) Files.CopyFolder(Root(from) + instruction.Words[1], step.At(instruction.Words[^1]));
                    break;
                case "COPY":
                    step.Copy(instruction.Words[..^1], instruction.Words[^1]);
                    break;
                case "RUN":
                    await step.RunAsync(instruction.Arguments);
                    break;
            }
        }
    }
}
