using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>One instruction, its continuation lines joined and its comments left out.</summary>
internal sealed record Instruction(string Name, string Arguments)
{
    public string[] Words => Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A stage: what comes after a FROM.</summary>
internal sealed record Stage(string Base, string Name, IReadOnlyList<Instruction> Instructions);

/// <summary>As much of a Dockerfile as ours use: build arguments with their defaults, then stages.</summary>
internal sealed record Dockerfile(IReadOnlyDictionary<string, string> Arguments, IReadOnlyList<Stage> Stages)
{
    public Stage Final => Stages[^1];

    public static Dockerfile Read(string path)
    {
        var (arguments, stages) = (new Dictionary<string, string>(), new List<Stage>());
        var lines = File.ReadLines(Path.Combine(RepositoryPaths.Root, path)).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#');
        foreach (var instruction in Join(lines).Select(Parse))
        {
            if (instruction.Name == "FROM") stages.Add(new(instruction.Words[0], instruction.Words[2], new List<Instruction>()));
            else if (stages.Count > 0) ((List<Instruction>)stages[^1].Instructions).Add(instruction);
            else if (instruction.Arguments.Split('=', 2) is [var name, var value]) arguments[name] = value;
        }
        return new(arguments, stages);
    }

    /// <summary>What a stage starts from: another stage, or an image.</summary>
    public string Base(Stage stage, IReadOnlyDictionary<string, string> given) =>
        Arguments.Aggregate(stage.Base, (name, argument) => name.Replace($"${{{argument.Key}}}", given.GetValueOrDefault(argument.Key, argument.Value), StringComparison.Ordinal));

    /// <summary>Variables that an image sets.</summary>
    public static Dictionary<string, string> Environment(Stage stage) =>
        stage.Instructions.Where(i => i.Name == "ENV").SelectMany(i => i.Words).Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    private static IEnumerable<string> Join(IEnumerable<string> lines)
    {
        var whole = "";
        foreach (var line in lines)
        {
            whole += line.TrimEnd('\\');
            if (line.EndsWith('\\')) continue;
            yield return whole;
            whole = "";
        }
    }

    private static Instruction Parse(string line) => line.Split(' ', 2) is [var name, var arguments] ? new(name, arguments.Trim()) : throw new FormatException(line);
}
