using Rembg.Testing;

namespace Rembg.Charts.Tests.Charts;

/// <summary>The ways in which the chart is installed that every test must hold for.</summary>
internal static class ValueSets
{
    public static readonly IReadOnlyDictionary<string, string[]> All = new Dictionary<string, string[]>
    {
        ["defaults"] = [],
        ["local"] = [.. File("values-local.yaml")],
        ["production"] = [.. File("values-production.yaml")],
        ["cuda"] = [.. File("values-cuda.yaml")],
        ["cuda-by-one-value"] = ["--set", "inference.accelerator=cuda"],
        ["production-cuda"] = [.. File("values-production.yaml"), .. File("values-cuda.yaml")],
        ["drawing"] = [.. File("values-production.yaml"), .. File("values-cuda.yaml"), "--set", "drawing.enabled=true"],
        ["drawing-keda"] = [.. File("values-production.yaml"), "--set", "drawing.enabled=true,autoscaling.mode=keda"],
        ["keda"] = [.. File("values-production.yaml"), "--set", "autoscaling.mode=keda"],
        ["without-redis"] = ["--set", "redis.mode=none,autoscaling.mode=none,gateway.replicas=1"],
        ["everything"] = ["--values", Path.Combine(RepositoryPaths.Root, "tests", "Charts.Tests", "values-everything.yaml")],
    };

    public static TheoryData<string> Names => [.. All.Keys];

    private static string[] File(string name) => ["--values", Path.Combine(Chart.Folder, name)];
}
