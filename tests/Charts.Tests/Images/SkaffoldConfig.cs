using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>After Skaffold's schema v4beta13: only fields that ours uses, so that a misspelt one fails.</summary>
public sealed class SkaffoldConfig
{
    public required string ApiVersion { get; set; }
    public required string Kind { get; set; }
    public required SkaffoldMetadata Metadata { get; set; }
    public required SkaffoldBuild Build { get; set; }
    public required SkaffoldDeploy Deploy { get; set; }
    public IList<SkaffoldForward> PortForward { get; set; } = [];
    public IList<SkaffoldProfile> Profiles { get; set; } = [];

    internal static SkaffoldConfig Read() =>
        KubernetesYaml.Deserialize<SkaffoldConfig>(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "skaffold.yaml")), strict: true);

    /// <summary>What a profile makes of it: its build instead of ours, then its JSON patches (RFC 6902).</summary>
    internal SkaffoldConfig With(string name)
    {
        if (name == "") return this;
        var profile = Profiles.Single(p => p.Name == name);
        var json = JsonSerializer.SerializeToNode(this, JsonSerializerOptions.Web)!;
        if (profile.Build is { Local: { } local }) json["build"]!["local"] = JsonSerializer.SerializeToNode(local, JsonSerializerOptions.Web);
        foreach (var patch in profile.Patches) Apply(json, patch);
        return json.Deserialize<SkaffoldConfig>(JsonSerializerOptions.Web)!;
    }

    private static void Apply(JsonNode json, SkaffoldPatch patch)
    {
        var steps = patch.Path.TrimStart('/').Split('/');
        var parent = steps[..^1].Aggregate(json, (node, step) => (node is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : node[step])
            ?? throw new ShouldAssertException($"{patch.Path}: there is no {step}"));
        switch (patch.Op, parent)
        {
            case ("add", JsonArray list) when steps[^1] == "-": list.Add(patch.Value); break;
            case ("replace", JsonArray list): list[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = patch.Value; break;
            case ("replace", JsonObject map) when map.ContainsKey(steps[^1]): map[steps[^1]] = patch.Value; break;
            default: throw new ShouldAssertException($"{patch.Op} {patch.Path} fits nothing");
        }
    }
}

public sealed class SkaffoldMetadata { public required string Name { get; set; } }
public sealed class SkaffoldBuild
{
    public SkaffoldTagPolicy? TagPolicy { get; set; }
    public required SkaffoldLocal Local { get; set; }
    public IList<SkaffoldArtifact> Artifacts { get; set; } = [];
}
public sealed class SkaffoldTagPolicy { public required Dictionary<string, string> GitCommit { get; set; } }
public sealed class SkaffoldLocal { public bool Push { get; set; } public bool UseBuildkit { get; set; } }
public sealed class SkaffoldArtifact { public required string Image { get; set; } public string Context { get; set; } = "."; public required SkaffoldDocker Docker { get; set; } }
public sealed class SkaffoldDocker { public required string Dockerfile { get; set; } public Dictionary<string, string> BuildArgs { get; set; } = []; }
public sealed class SkaffoldDeploy { public int StatusCheckDeadlineSeconds { get; set; } public required SkaffoldHelm Helm { get; set; } }
public sealed class SkaffoldHelm { public required IList<SkaffoldRelease> Releases { get; set; } }
public sealed class SkaffoldRelease
{
    public required string Name { get; set; }
    public required string ChartPath { get; set; }
    public required string Namespace { get; set; }
    public bool CreateNamespace { get; set; }
    public required IList<string> ValuesFiles { get; set; }
    public required Dictionary<string, string> SetValueTemplates { get; set; }
}
public sealed class SkaffoldForward
{
    public required string ResourceType { get; set; }
    public required string ResourceName { get; set; }
    public required string Namespace { get; set; }
    public int Port { get; set; }
    public int LocalPort { get; set; }
}
public sealed class SkaffoldProfile { public required string Name { get; set; } public SkaffoldBuild? Build { get; set; } public IList<SkaffoldPatch> Patches { get; set; } = []; }
public sealed class SkaffoldPatch { public required string Op { get; set; } public required string Path { get; set; } public string? Value { get; set; } }
