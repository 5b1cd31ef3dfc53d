using Google.Protobuf;

namespace Rembg.Models.Tests.Fetch;

public class FilesByHandTests
{
    private static readonly byte[] Published = PublishedModel.Bytes();

    // Port 1 of this machine: nobody listens there.
    private static readonly object Unreachable = new { kind = "url", url = "http://127.0.0.1:1/small.onnx", checksum = ModelsDirectory.Sha256(Published) };

    [Fact]
    public async Task PlacedInTheCache_IsTakenWithoutTheNetwork()
    {
        using var directory = new ModelsDirectory(Unreachable);
        Place(directory.Cached, Published);

        await directory.PrepareAsync();

        File.Exists(directory.Prepared).ShouldBeTrue();
    }

    [Fact]
    public async Task DamagedInTheCache_IsNotTaken()
    {
        using var directory = new ModelsDirectory(Unreachable);
        Place(directory.Cached, Published[..^1]);

        await Should.ThrowAsync<ModelException>(() => directory.PrepareAsync());

        directory.Log.ShouldContain("has none of the checksums");
        File.Exists(directory.Prepared).ShouldBeFalse();
    }

    [Fact]
    public async Task OwnFile_IsPreparedAgainWhenItChanges()
    {
        using var directory = new ModelsDirectory(new { kind = "file", path = "mine.onnx" });
        var mine = Path.Combine(directory.Root, "mine.onnx");
        Place(mine, Published);
        await directory.PrepareAsync();
        var first = await File.ReadAllTextAsync(directory.Description);

        var changed = PublishedModel.Build();
        changed.ProducerName = "trained some more";
        Place(mine, changed.ToByteArray());
        await directory.PrepareAsync();

        (await File.ReadAllTextAsync(directory.Description)).ShouldNotBe(first);
    }

    [Fact]
    public async Task OwnFileMissing_IsNamed()
    {
        using var directory = new ModelsDirectory(new { kind = "file", path = "mine.onnx" });

        (await Should.ThrowAsync<ModelException>(() => directory.PrepareAsync())).Message.ShouldContain("mine.onnx: there is no such file");
    }

    [Fact]
    public async Task OwnFileIsNoModel_IsSaidPlainly()
    {
        using var directory = new ModelsDirectory(new { kind = "file", path = "mine.onnx" });
        Place(Path.Combine(directory.Root, "mine.onnx"), "<html>404</html>"u8.ToArray());

        (await Should.ThrowAsync<ModelException>(() => directory.PrepareAsync())).Message.ShouldContain("is not an ONNX model");
        File.Exists(directory.Description).ShouldBeFalse();
    }

    [Fact]
    public async Task ManifestChanged_IsPreparedAgain()
    {
        using var directory = new ModelsDirectory(Unreachable);
        Place(directory.Cached, Published);
        await directory.PrepareAsync();
        var manifest = Path.Combine(directory.Root, "manifest.json");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"MIT\"", "\"Apache-2.0\"", StringComparison.Ordinal));

        await directory.PrepareAsync();

        (await File.ReadAllTextAsync(directory.Description)).ShouldContain("Apache-2.0");
    }

    [Fact]
    public async Task DescriptionMissing_AfterAnInterruptedPreparation_IsPreparedAgain()
    {
        using var directory = new ModelsDirectory(Unreachable);
        Place(directory.Cached, Published);
        Place(directory.Prepared, [1, 2, 3]);

        await directory.PrepareAsync();

        new FileInfo(directory.Prepared).Length.ShouldBeGreaterThan(3);
        File.Exists(directory.Description).ShouldBeTrue();
    }

    private static void Place(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}
