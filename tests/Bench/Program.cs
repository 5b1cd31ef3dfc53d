using Rembg.Bench;
using Rembg.Contract.Hosting;
using Rembg.Testing;

if (args.Contains(BareServer.Argument))
{
    await BareServer.RunAsync(args);
    return 0;
}

if (args.Contains(NaiveServer.Argument))
{
    await NaiveServer.RunAsync(args);
    return 0;
}

NativeHeap.Bound(); // image work is measured on the heap that the pod has

// One entry a scenario, in the order of `bench.sh all`.
var scenarios = new Dictionary<string, Func<Report, Task>>
{
    ["pipeline"] = PipelineScenario.RunAsync,
    ["hostile"] = HostileScenario.RunAsync,
    ["batching"] = BatchingScenario.RunAsync,
    ["balance"] = BalanceScenario.RunAsync,
    ["engine"] = EngineScenario.RunAsync,
    ["quality"] = QualityScenario.RunAsync,
    ["edges"] = EdgesScenario.RunAsync,
    ["cold"] = ColdScenario.RunAsync,
    ["soak"] = SoakScenario.RunAsync,
    ["masks"] = MasksScenario.RunAsync,
    ["drawing"] = DrawingScenario.RunAsync,
    ["idle"] = IdleScenario.RunAsync,
    ["cache"] = CacheScenario.RunAsync,
    ["gateway"] = GatewayScenario.RunAsync,
    ["flood"] = FloodScenario.RunAsync,
    ["table"] = TableScenario.RunAsync,
    ["gpu"] = GpuScenario.RunAsync,
};

const string Record = "--record";
var folder = Path.Combine([RepositoryPaths.Root, .. args.Contains(Record) ? ["docs", "benchmarks"] : new[] { "artifacts", "bench" }]);
Directory.CreateDirectory(folder);
string[] named = [.. args.Where(argument => argument != Record)];
var wanted = named is [] or ["all"] ? [.. scenarios.Keys] : named;
if (wanted.FirstOrDefault(name => !scenarios.ContainsKey(name)) is { } unknown)
{
    await Console.Error.WriteLineAsync($"bench.sh: there is no scenario '{unknown}'; there are: {string.Join(", ", scenarios.Keys)}, all");
    return 2;
}

foreach (var name in wanted)
{
    var report = new Report(name, Console.Out, folder);
    report.Open();
    await scenarios[name](report);
    report.Close();
}
return 0;
