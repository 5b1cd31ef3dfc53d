using Rembg.Contract.Models;
using Rembg.Contract.Problems;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class ModelCatalogTests
{
    private readonly ModelCatalog _catalog = new();

    [Fact]
    public void NothingHeardYet_IsUnavailable() => Should.Throw<ProblemException>(() => _catalog.Find(null)).Problem.Status.ShouldBe(503);

    [Fact]
    public void NoName_IsTheDefault()
    {
        _catalog.Update([Pod("1", ("a", "x"), ("b", "y"))]);
        _catalog.Find(null).Name.ShouldBe("a");
        _catalog.Find("b").Name.ShouldBe("b");
        Should.Throw<ProblemException>(() => _catalog.Find("c")).Problem.Parameter.ShouldBe("model");
    }

    [Fact]
    public void PodsThatDiffer_AreAVersionOfTheirOwn()
    {
        var versions = new HashSet<string>();
        foreach (var pods in new ModelList[][] { [Pod("1", ("a", "x"))], [Pod("2", ("a", "x"))], [Pod("1", ("a", "y"))], [Pod("1", ("a", "x")), Pod("2", ("a", "x"))] })
        {
            _catalog.Update(pods);
            versions.Add(_catalog.Find("a").Version).ShouldBeTrue();
        }

        _catalog.Update([Pod("2", ("a", "x")), Pod("1", ("a", "x"))]);
        versions.ShouldContain(_catalog.Find("a").Version, "whatever the order");
    }

    [Fact]
    public void AllPodsAway_LeavesWhatIsKnown()
    {
        _catalog.Update([Pod("1", ("a", "x"))]);
        _catalog.Update([]);
        _catalog.Find("a").Name.ShouldBe("a");
    }

    [Fact]
    public void ModelsOfAllPods_AreListedOnce()
    {
        _catalog.Update([Pod("1", ("a", "x"), ("b", "y")), Pod("1", ("b", "y"), ("c", "z"))]);
        _catalog.List().Models.Select(model => model.Name).ShouldBe(["a", "b", "c"]);
    }

    private static ModelList Pod(string pipeline, params (string Name, string Digest)[] models) =>
        new(pipeline, models[0].Name, [.. models.Select(model => new ModelInfo(model.Name, model.Digest, 1, 1, "MIT", "cpu", [1]))]);
}
