using k8s;
using Rembg.Charts.Tests.Charts;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>Recording rules and alerts, as rendered, before promtool.</summary>
public sealed class RuleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rembg-rules-").FullName;

    [Fact]
    public async Task Promtool_AcceptsTheRules()
    {
        await WriteAsync(_folder);
        (await Promtool.RunAsync(_folder, "check", "rules", "rules.yaml")).ShouldContain("SUCCESS");
    }

    [Fact]
    public async Task Alerts_FireWhenTheyMustAndNotOtherwise()
    {
        await WriteAsync(_folder);
        var cases = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "tests", "Charts.Tests", "Monitoring", "alerts.test.yaml"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "alerts.test.yaml"), cases);

        await Promtool.RunAsync(_folder, "test", "rules", "alerts.test.yaml");

        foreach (var alert in (await RulesAsync("production")).Where(r => r.Alert is not null))
            cases.ShouldContain($"alertname=\"{alert.Alert}\"", Case.Sensitive, "no case in which it fires");
    }

    [Fact]
    public async Task EachAlert_HasARunbookThatExists()
    {
        foreach (var alert in (await RulesAsync("production")).Where(r => r.Alert is not null))
        {
            var runbook = alert.Annotations["runbook_url"];
            runbook.ShouldBe($"docs/runbooks/{alert.Alert}.md");
            (await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, runbook))).ShouldStartWith($"# {alert.Alert}\n");
            alert.Annotations.Keys.ShouldBe(["summary", "description", "runbook_url"], ignoreOrder: true);
            alert.Labels["severity"].ShouldBeOneOf("critical", "warning");
        }
    }

    [Fact]
    public async Task Runbooks_CanLieElsewhere() =>
        (await RulesAsync("everything")).First(r => r.Alert == "RembgSlow").Annotations["runbook_url"].ShouldBe("https://git.example.com/rembg/docs/runbooks/RembgSlow.md");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Writes the rendered rules as Prometheus' own rule file.</summary>
    internal static async Task WriteAsync(string folder)
    {
        var rule = (await Chart.RenderAsync("production")).All<PrometheusRule>().ShouldHaveSingleItem();
        await File.WriteAllTextAsync(Path.Combine(folder, "rules.yaml"), KubernetesYaml.Serialize(rule.Spec));
    }

    internal static async Task<IReadOnlyList<Rule>> RulesAsync(string values) =>
        [.. (await Chart.RenderAsync(values)).All<PrometheusRule>().ShouldHaveSingleItem().Spec.Groups.SelectMany(g => g.Rules)];
}
