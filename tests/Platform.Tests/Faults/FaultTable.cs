using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Faults;

/// <summary>Faults are measured one after the other, and alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneFaultAtATime : ICollectionFixture<FaultTable>
{
    public const string Name = "Faults";
}

/// <summary>
/// What each fault did to a run's load, in one table. It is only written into <c>docs/reliability.md</c> where
/// <c>REMBG_WRITE_RELIABILITY</c> is set, so that a test run leaves the tree as it was.
/// </summary>
public sealed partial class FaultTable : IDisposable
{
    private static readonly string Page = Path.Combine(RepositoryPaths.Root, "docs", "reliability.md");
    private readonly SortedDictionary<string, string> _rows = new(StringComparer.Ordinal);

    internal void Add(string fault, LoadReport load, ITestOutputHelper output)
    {
        var row = string.Create(CultureInfo.InvariantCulture,
            $"| {fault} | {load.Requests.Count} | {load.Answered} | {Or0(load.Failures)} | {load.Resent} | {load.Slow} ({load.Slowest.TotalSeconds:F1} s) | {load.TaskEnds.Count} | {load.TasksLost} | {load.Recovery.TotalSeconds:F1} s |");
        output.WriteLine(row);
        _rows[fault] = row;
    }

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("REMBG_WRITE_RELIABILITY") is not { Length: > 0 } || _rows.Count == 0) return;
        string[] table =
        [
            "<!-- table -->",
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}:",
            "",
            "| fault | requests | answered well | otherwise | cut and sent again | slower than 2 s (slowest) | tasks accepted | of them lost | recovered after |",
            "|---|---|---|---|---|---|---|---|---|",
            .. _rows.Values,
            "<!-- /table -->",
        ];
        File.WriteAllText(Page, Written().Replace(File.ReadAllText(Page), string.Join('\n', table)));
    }

    private static string Or0(string[] failures) => failures.Length == 0 ? "0" : string.Join(", ", failures);

    [GeneratedRegex("<!-- table -->.*<!-- /table -->", RegexOptions.Singleline)]
    private static partial Regex Written();
}
