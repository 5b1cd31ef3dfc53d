using System.Text.Json.Nodes;
using Rembg.Charts.Tests.Charts;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>A Grafana dashboard of the chart.</summary>
internal sealed record Dashboard(string File, JsonNode Json)
{
    public static IEnumerable<Dashboard> All() =>
        Directory.EnumerateFiles(Path.Combine(Chart.Folder, "dashboards"), "*.json").Order()
            .Select(path => new Dashboard(Path.GetFileName(path), JsonNode.Parse(System.IO.File.ReadAllText(path))!));

    /// <summary>All panels but rows.</summary>
    public IEnumerable<JsonNode> Panels => Json["panels"]!.AsArray().Select(panel => panel!).Where(panel => Text(panel, "type") != "row");

    /// <summary>The panels' expressions, Grafana's variables filled in.</summary>
    public IEnumerable<Query> Queries =>
        from panel in Panels
        from target in panel["targets"]!.AsArray()
        select new Query($"{File} {Text(panel, "title")}", Text(target!, "expr")
            .Replace("$__rate_interval", "30s", StringComparison.Ordinal)
            .Replace("$namespace", "photos", StringComparison.Ordinal)
            .Replace("$model", ".*", StringComparison.Ordinal));

    public static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
