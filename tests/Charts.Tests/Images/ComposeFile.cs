using Rembg.Testing;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Rembg.Charts.Tests.Images;

/// <summary>After the Compose specification: only fields that ours uses, so that a misspelt one fails.</summary>
public sealed class ComposeFile
{
    public required string Name { get; set; }
    public required Dictionary<string, ComposeService> Services { get; set; }
    public required Dictionary<string, object?> Volumes { get; set; }

    [YamlMember(Alias = "x-service", ApplyNamingConventions = false)]
    public object? Service { get; set; }

    [YamlMember(Alias = "x-tracing", ApplyNamingConventions = false)]
    public object? Tracing { get; set; }

    internal static ComposeFile Read() => new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build()
        .Deserialize<ComposeFile>(new MergingParser(new Parser(new StringReader(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "compose.yaml"))))));
}

public sealed class ComposeService
{
    public string? Image { get; set; }
    public ComposeBuild? Build { get; set; }
    public IList<string> Command { get; set; } = [];
    public Dictionary<string, string> Environment { get; set; } = [];
    public IList<string> Ports { get; set; } = [];
    public IList<string> Volumes { get; set; } = [];
    public IList<string> Profiles { get; set; } = [];
    public IList<string> Tmpfs { get; set; } = [];
    public IList<string> CapDrop { get; set; } = [];
    public IList<string> SecurityOpt { get; set; } = [];
    public ComposeHealthCheck? Healthcheck { get; set; }
    public object? DependsOn { get; set; }
    public string? MemLimit { get; set; }
    public string? Restart { get; set; }
    public string? StopGracePeriod { get; set; }
    public string? User { get; set; }
    public bool ReadOnly { get; set; }
}

public sealed class ComposeBuild
{
    public required string Context { get; set; }
    public required string Dockerfile { get; set; }
}

public sealed class ComposeHealthCheck
{
    public required IList<string> Test { get; set; }
    public string? Interval { get; set; }
    public string? Timeout { get; set; }
    public string? StartPeriod { get; set; }
}
