using Rembg.Models.Manifest;
using Rembg.Testing;

namespace Rembg.Models.Tests.Manifest;

public class ModelManifestTests
{
    private static readonly ModelManifest Ours = ModelManifest.Read(Path.Combine(RepositoryPaths.Models, "manifest.json"));

    [Fact]
    public void OurManifest_EveryModel_CanBeVerifiedAndNamesItsLicence()
    {
        Ours.Models.Count.ShouldBeGreaterThan(10);
        foreach (var model in Ours.Models)
        {
            model.Sources.ShouldNotBeEmpty(model.Name);
            model.Sources.ShouldAllBe(source => source.Checksum != null);
            model.License.ShouldNotBeNullOrWhiteSpace(model.Name);
            (model.Mean.Length, model.Std.Length).ShouldBe((3, 3), model.Name);
        }
    }

    [Fact]
    public void OurManifest_NamesOfModelsAndVariants_AreUnique() =>
        Ours.Models.SelectMany(model => model.Variants.Select(variant => variant.Name).Prepend(model.Name)).ShouldBeUnique();

    [Fact]
    public void Find_Variant_IsTheModelWithItsOwnNameAndSize()
    {
        var (published, model) = Ours.Find("isnet-general-use-512");

        published.Name.ShouldBe("isnet-general-use");
        (model.Name, model.InputWidth, model.InputHeight).ShouldBe(("isnet-general-use-512", 512, 512));
        model.Mean.ShouldBe(published.Mean);
    }

    [Fact]
    public void Find_UnknownName_SaysWhichThereAre() =>
        Should.Throw<ModelException>(() => Ours.Find("isnet")).Message.ShouldContain("isnet-general-use, isnet-general-use-512");

    [Theory]
    [InlineData("""{ "default": "a", "models": [], "modles": [] }""", "modles")]
    [InlineData("""{ "default": "a", "models": [ { "name": "a" } ] }""", "license")]
    [InlineData("""{ "default": "a" """, "manifest.json")]
    public void Read_Mistake_IsNamed(string json, string named)
    {
        using var directory = new ModelsDirectory();
        var path = Path.Combine(directory.Root, "manifest.json");
        File.WriteAllText(path, json);

        Should.Throw<ModelException>(() => ModelManifest.Read(path)).Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("sha256:abc")]
    [InlineData("md5:B026324C6904B2A9CB4B88D6D61C81D1")]
    [InlineData("b026324c6904b2a9cb4b88d6d61c81d1")]
    [InlineData("crc32:b026324c")]
    public void Checksum_NotOne_IsRefused(string text) => Should.Throw<System.Text.Json.JsonException>(() => Checksum.Parse(text));
}
