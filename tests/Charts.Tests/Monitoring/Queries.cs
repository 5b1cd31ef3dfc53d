using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rembg.Charts.Tests.Charts;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>A PromQL expression of the chart, ready to be asked.</summary>
internal sealed record Query(string From, string Expression)
{
    /// <summary>Why the tests' platform gives no data for some: the reason by a part of the expression.</summary>
    private static readonly Dictionary<string, string> Absent = new()
    {
        ["kube_horizontalpodautoscaler"] = "comes from kube-state-metrics",
        ["container_"] = "comes from the kubelet",
        ["DCGM_"] = "comes from NVIDIA's DCGM exporter",
        ["outcome=\"dead\""] = "no task has died",
        ["unless on (namespace)"] = "there are pods for the gateways",
    };

    public bool IsAbsent => Absent.Keys.Any(part => Expression.Contains(part, StringComparison.Ordinal));

    public override string ToString() => $"{From}: {Expression}";
}

internal static partial class Queries
{
    /// <summary>Everything that the chart asks Prometheus, by whom.</summary>
    public static async Task<IReadOnlyList<Query>> AllAsync()
    {
        var rules = await RuleTests.RulesAsync("production");
        var adapter = AdapterRules.Of(await Chart.RenderAsync("production"));
        return
        [
            .. Dashboard.All().SelectMany(dashboard => dashboard.Queries),
            .. rules.Where(rule => rule.Record is not null).SelectMany(rule => new Query[] { new($"rule {rule.Record}", rule.Expr), new("record", rule.Record!) }),
            // A comparison drops what it does not hold for; with bool it says 0 instead. What must not be absent is asked for itself.
            .. rules.Where(rule => rule.Alert is not null).Select(rule => new Query($"alert {rule.Alert}", Absence().Replace(Comparison().Replace(rule.Expr, " $1 bool "), "$1"))),
            .. adapter.Rules.Select(rule => new Query($"adapter {rule.Name.As}", rule.Query("namespace=\"photos\",pod=~\"rembg-inference-.*\""))),
            .. adapter.ExternalRules.Select(rule => new Query($"adapter {rule.Name.As}", rule.Query("namespace=\"photos\"", ""))),
            .. adapter.Rules.Concat(adapter.ExternalRules).Select(rule => new Query("adapter discovery", rule.SeriesQuery)),
            .. await KedaAsync(),
        ];
    }

    public static async Task<IReadOnlyList<Query>> KedaAsync() =>
        [.. (await Chart.RenderAsync("keda")).One<ScaledObject>("inference").Spec.Triggers.Select(trigger => new Query("keda", trigger.Metadata["query"]))];

    /// <summary>The platform's own metrics in an expression, without what histograms add to their names.</summary>
    public static IEnumerable<string> Metrics(string expression) =>
        OwnMetric().Matches(expression).Select(match => HistogramPart().Replace(match.Value, ""));

    [GeneratedRegex(@"\s(>=|<=|==|>|<)\s")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"^absent\((.*)\)$")]
    private static partial Regex Absence();

    [GeneratedRegex(@"\brembg_[a-z_]+\b(?!:)")]
    private static partial Regex OwnMetric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramPart();
}
