using k8s;
using k8s.Models;

namespace Rembg.Charts.Tests.Charts;

/// <summary>
/// What the chart may say of kinds that are no part of Kubernetes, after their own API references: Prometheus operator
/// v1, KEDA v1alpha1, Gateway API v1. Only fields that the chart uses, so that a misspelt one fails.
/// </summary>
internal static class CustomResources
{
    public static readonly Dictionary<string, Type> Types = new()
    {
        ["monitoring.coreos.com/v1/PodMonitor"] = typeof(PodMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject),
        ["gateway.networking.k8s.io/v1/HTTPRoute"] = typeof(HttpRoute),
    };
}

public abstract class CustomResource<TSpec> : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";
    public string Kind { get; set; } = "";
    public V1ObjectMeta Metadata { get; set; } = new();
    public required TSpec Spec { get; set; }
}

public sealed class PodMonitor : CustomResource<PodMonitorSpec>;
public sealed class PodMonitorSpec
{
    public required V1LabelSelector Selector { get; set; }
    public required IList<PodMetricsEndpoint> PodMetricsEndpoints { get; set; }
}
public sealed class PodMetricsEndpoint
{
    public required string Port { get; set; }
    public required string Path { get; set; }
    public required string Interval { get; set; }
    public required string ScrapeTimeout { get; set; }
}

public sealed class PrometheusRule : CustomResource<PrometheusRuleSpec>;
public sealed class PrometheusRuleSpec { public required IList<RuleGroup> Groups { get; set; } }
public sealed class RuleGroup
{
    public required string Name { get; set; }
    public string? Interval { get; set; }
    public required IList<Rule> Rules { get; set; }
}
public sealed class Rule
{
    public string? Record { get; set; }
    public string? Alert { get; set; }
    public required string Expr { get; set; }
    public string? For { get; set; }
    public Dictionary<string, string> Labels { get; set; } = [];
    public Dictionary<string, string> Annotations { get; set; } = [];
}

public sealed class ScaledObject : CustomResource<ScaledObjectSpec>;
public sealed class ScaledObjectSpec
{
    public required ScaleTarget ScaleTargetRef { get; set; }
    public int? PollingInterval { get; set; }
    public int MinReplicaCount { get; set; }
    public int MaxReplicaCount { get; set; }
    public Fallback? Fallback { get; set; }
    public Advanced? Advanced { get; set; }
    public required IList<ScaleTrigger> Triggers { get; set; }
}
public sealed class ScaleTarget { public required string Name { get; set; } }
public sealed class Fallback { public int FailureThreshold { get; set; } public int Replicas { get; set; } public string? Behavior { get; set; } }
public sealed class Advanced { public required HorizontalPodAutoscalerConfig HorizontalPodAutoscalerConfig { get; set; } }
public sealed class HorizontalPodAutoscalerConfig { public required string Name { get; set; } public V2HorizontalPodAutoscalerBehavior? Behavior { get; set; } }
public sealed class ScaleTrigger
{
    public required string Type { get; set; }
    public required string MetricType { get; set; }
    public required Dictionary<string, string> Metadata { get; set; }
}

public sealed class HttpRoute : CustomResource<HttpRouteSpec>;
public sealed class HttpRouteSpec
{
    public required IList<Dictionary<string, string>> ParentRefs { get; set; }
    public IList<string>? Hostnames { get; set; }
    public required IList<HttpRouteRule> Rules { get; set; }
}
public sealed class HttpRouteRule
{
    public required IList<HttpRouteMatch> Matches { get; set; }
    public HttpRouteTimeouts? Timeouts { get; set; }
    public required IList<BackendRef> BackendRefs { get; set; }
}
public sealed class HttpRouteMatch { public required HttpPathMatch Path { get; set; } }
public sealed class HttpPathMatch { public required string Type { get; set; } public required string Value { get; set; } }
public sealed class HttpRouteTimeouts { public string? Request { get; set; } }
public sealed class BackendRef { public required string Name { get; set; } public int Port { get; set; } }
