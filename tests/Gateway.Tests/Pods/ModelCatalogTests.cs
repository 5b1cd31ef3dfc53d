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
    public void PodsThatDiffer_AreAllVersionsThatTheyHave()
    {
        _catalog.Update([Pod("1", ("a", "x")), Pod("1", ("a", "y")), Pod("1", ("a", "x"))]);
        _catalog.Find("a").Versions.ShouldBe(["x", "y"]);
    }

    [Fact]
    public void PodThatDoesNotSayItsVersion_AddsNone()
    {
        _catalog.Update([Pod("1", ("a", null))]);
        _catalog.Find("a").Versions.ShouldBeEmpty();
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

    private static ModelList Pod(string pipeline, params (string Name, string? Version)[] models) =>
        new(pipeline, models[0].Name, [.. models.Select(model => new ModelInfo(model.Name, new string('d', 64), 1, 1, "MIT", "cpu", [1], model.Version))]);
}
