using Rembg.Contract.Models;

namespace Rembg.Contract.Tests;

public class ModelSpecTests
{
    private static readonly ModelSpec Spec = new()
    {
        Name = "m",
        Sha256 = new string('a', 64),
        InputName = "input",
        InputWidth = 64,
        InputHeight = 64,
        Mean = [0.5f, 0.5f, 0.5f],
        Std = [1, 1, 1],
        Activation = MaskActivation.None,
        License = "MIT",
    };

    [Fact]
    public void Fingerprint_ChangesWithWeightsAndPreparation()
    {
        Spec.Fingerprint().ShouldMatch("^[0-9a-f]{16}$");
        (Spec with { Mean = [0.5f, 0.5f, 0.5f] }).Fingerprint().ShouldBe(Spec.Fingerprint());
        (Spec with { Sha256 = new string('b', 64) }).Fingerprint().ShouldNotBe(Spec.Fingerprint());
        (Spec with { Mean = [0.4f, 0.5f, 0.5f] }).Fingerprint().ShouldNotBe(Spec.Fingerprint());
        (Spec with { Activation = MaskActivation.Sigmoid }).Fingerprint().ShouldNotBe(Spec.Fingerprint());
    }
}
