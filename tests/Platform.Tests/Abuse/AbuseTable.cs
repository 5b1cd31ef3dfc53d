using System.Globalization;
using System.Text.RegularExpressions;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Abuse;

/// <summary>Attacks run one after the other, and alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneAttackAtATime : ICollectionFixture<AbuseTable>
{
    public const string Name = "Abuse";
}

/// <summary>
/// What each attack did to an innocent client, in one table. It is written into <c>docs/abuse.md</c> only where <c>REMBG_WRITE_ABUSE</c>
/// is set, so that a test run leaves the tree as it was.
/// </summary>
public sealed partial class AbuseTable : IDisposable
{
    private static readonly string Page = Path.Combine(RepositoryPaths.Root, "docs", "abuse.md");
    private readonly SortedDictionary<int, string> _rows = [];

    internal void Add(int number, Attack attack, AttackReport report, ITestOutputHelper output)
    {
        var row = string.Create(CultureInfo.InvariantCulture,
            $"| {attack.Name} | {attack.Cost} | {attack.Before} | {report.Succeeded} of {report.Requests}, p95 {report.P95.TotalMilliseconds:F0} ms (alone {report.P95Alone.TotalMilliseconds:F0}), tasks {report.Tasks.TotalMilliseconds:F0} ms (alone {report.TasksAlone.TotalMilliseconds:F0}) | {report.Answers} | {report.PeakMiB - report.StartMiB} MiB |");
        output.WriteLine(row);
        _rows[number] = row;
    }

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("REMBG_WRITE_ABUSE") is not { Length: > 0 } || _rows.Count == 0) return;
        string[] table =
        [
            "<!-- table -->",
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores; attacker, innocent client and pod share them with the gateway:",
            "",
            "| attack | cost to the attacker | effect before | innocent client now | what the attacker gets | gateway's memory, peak over start |",
            "|---|---|---|---|---|---:|",
            .. _rows.Values,
            "<!-- /table -->",
        ];
        File.WriteAllText(Page, Written().Replace(File.ReadAllText(Page), string.Join('\n', table)));
    }

    [GeneratedRegex("<!-- table -->.*<!-- /table -->", RegexOptions.Singleline)]
    private static partial Regex Written();
}

/// <summary>What an attack did.</summary>
/// <param name="Requests">Of the innocent client during the attack.</param>
/// <param name="Succeeded">Of these.</param>
/// <param name="P95">Of the innocent client's response times for cutouts during the attack.</param>
/// <param name="P95Alone">The same without the attack, just before.</param>
/// <param name="Tasks">Median time of the innocent client's tasks during the attack.</param>
/// <param name="TasksAlone">The same without the attack.</param>
/// <param name="Answers">What the attacker was told, by status and how often.</param>
/// <param name="StartMiB">Resident memory of the gateway before the attack.</param>
/// <param name="PeakMiB">The most during the attack.</param>
internal sealed record AttackReport(int Requests, int Succeeded, TimeSpan P95, TimeSpan P95Alone, TimeSpan Tasks, TimeSpan TasksAlone, string Answers, long StartMiB, long PeakMiB);
