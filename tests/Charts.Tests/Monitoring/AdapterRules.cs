using k8s;
using k8s.Models;
using Rembg.Charts.Tests.Charts;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>The configuration of prometheus-adapter, after its docs/config.md: only the fields that the chart uses.</summary>
public sealed class AdapterRules
{
    public required IList<AdapterRule> Rules { get; set; }
    public required IList<AdapterRule> ExternalRules { get; set; }

    /// <summary>What the rendered ConfigMap tells the adapter.</summary>
    internal static AdapterRules Of(Release release) =>
        KubernetesYaml.Deserialize<AdapterRules>(release.One<V1ConfigMap>("adapter-rules").Data["config.yaml"], strict: true);
}

public sealed class AdapterRule
{
    public required string SeriesQuery { get; set; }
    public required AdapterResources Resources { get; set; }
    public required AdapterName Name { get; set; }
    public required string MetricsQuery { get; set; }

    /// <summary>The query as the adapter sends it: its template variables filled in.</summary>
    /// <param name="matchers">e.g. <c>namespace="photos",pod=~"a|b"</c></param>
    public string Query(string matchers, string groupBy = "pod") =>
        MetricsQuery.Replace("<<.LabelMatchers>>", matchers, StringComparison.Ordinal).Replace("<<.GroupBy>>", groupBy, StringComparison.Ordinal);
}

public sealed class AdapterResources { public required Dictionary<string, AdapterResource> Overrides { get; set; } }
public sealed class AdapterResource { public required string Resource { get; set; } }
public sealed class AdapterName { public required string As { get; set; } }
