using Google.Protobuf;
using Rembg.Testing;

namespace Rembg.Models.Tests.Fetch;

public class UrlSourceTests
{
    private static readonly byte[] Published = PublishedModel.Bytes();

    [Fact]
    public async Task FirstRun_FetchesAndPrepares_SecondRunDoesNothing()
    {
        await using var server = await FileServer.StartAsync(Published);
        using var directory = new ModelsDirectory(Source(server));

        await directory.PrepareAsync();
        var written = (File.GetLastWriteTimeUtc(directory.Prepared), File.GetLastWriteTimeUtc(directory.Description));
        await directory.PrepareAsync();

        (File.GetLastWriteTimeUtc(directory.Prepared), File.GetLastWriteTimeUtc(directory.Description)).ShouldBe(written);
        server.Ranges.ShouldHaveSingleItem();
        directory.Cache().ShouldBe(["small.onnx"]);
    }

    [Fact]
    public async Task Variant_IsMadeOfTheSameDownload()
    {
        await using var server = await FileServer.StartAsync(Published);
        using var directory = new ModelsDirectory(Source(server));

        await directory.PrepareAsync();
        await directory.PrepareAsync("small-32");

        File.Exists(Path.Combine(directory.Root, "prepared", "small-32.onnx")).ShouldBeTrue();
        server.Ranges.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task StoppedHalfway_NextRunFetchesOnlyTheRest()
    {
        await using var server = await FileServer.StartAsync(Published);
        using var directory = new ModelsDirectory(Source(server));
        (server.StopAfter, server.HoldsOpen) = (Published.Length / 2, true);
        using var stop = new CancellationTokenSource();
        var stopped = directory.PrepareAsync(cancellationToken: stop.Token);
        await Eventually.TrueAsync(() => File.Exists(Part(directory)) && new FileInfo(Part(directory)).Length == Published.Length / 2, "half of the file has come");

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => stopped);
        File.Exists(directory.Cached).ShouldBeFalse();
        server.StopAfter = null;
        await directory.PrepareAsync();

        server.Ranges.ShouldBe(["", $"bytes={Published.Length / 2}-"]);
        (await File.ReadAllBytesAsync(directory.Cached)).ShouldBe(Published);
        directory.Cache().ShouldBe(["small.onnx"]);
    }

    [Fact]
    public async Task ConnectionLost_ServerWithoutRanges_StartsOver()
    {
        await using var server = await FileServer.StartAsync(Published);
        using var directory = new ModelsDirectory(Source(server));
        (server.StopAfter, server.UnderstandsRanges) = (Published.Length / 2, false);

        await Should.ThrowAsync<ModelException>(() => directory.PrepareAsync());
        server.StopAfter = null;
        await directory.PrepareAsync();

        (await File.ReadAllBytesAsync(directory.Cached)).ShouldBe(Published);
    }

    [Fact]
    public async Task StoppedBetweenLastByteAndRename_NextRunOnlyVerifies()
    {
        await using var server = await FileServer.StartAsync(Published);
        using var directory = new ModelsDirectory(Source(server));
        Directory.CreateDirectory(Path.GetDirectoryName(directory.Cached)!);
        await File.WriteAllBytesAsync(Part(directory), Published);

        await directory.PrepareAsync();

        directory.Cache().ShouldBe(["small.onnx"]);
    }

    [Fact]
    public async Task WrongChecksum_NothingStaysAndTheMessageSaysWhatToDo()
    {
        await using var server = await FileServer.StartAsync([.. Published, 0]);
        using var directory = new ModelsDirectory(Source(server));

        var failure = await Should.ThrowAsync<ModelException>(() => directory.PrepareAsync());

        failure.Message.ShouldContain(server.Url);
        failure.Message.ShouldContain("does not have the checksum");
        failure.Message.ShouldContain($"place the file by hand at {directory.Cached} ({ModelsDirectory.Sha256(Published)})");
        directory.Cache().ShouldBeEmpty();
        File.Exists(directory.Prepared).ShouldBeFalse();
    }

    [Fact]
    public async Task TwoAtOnce_FetchOnce()
    {
        await using var server = await FileServer.StartAsync(Published);
        using var directory = new ModelsDirectory(Source(server));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => directory.PrepareAsync())));

        server.Ranges.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task FirstSourceDown_TheSecondOneIsTakenWithItsOwnChecksum()
    {
        var other = PublishedModel.Build();
        other.ProducerName = "another trainer";
        await using var down = await FileServer.StartAsync(other.ToByteArray());
        var unreachable = new { kind = "url", url = down.Url, checksum = ModelsDirectory.Sha256(other.ToByteArray()) };
        await down.DisposeAsync();
        await using var server = await FileServer.StartAsync(Published);
        using var directory = new ModelsDirectory(unreachable, Source(server));

        await directory.PrepareAsync();

        directory.Log.ShouldContain("Connection refused");
        (await File.ReadAllBytesAsync(directory.Cached)).ShouldBe(Published);
        directory.Cache().ShouldBe(["small.onnx"]);
    }

    private static string Part(ModelsDirectory directory) => $"{directory.Cached}.{ModelsDirectory.Sha256(Published)[7..15]}.part";

    private static object Source(FileServer server) => new { kind = "url", url = server.Url, checksum = ModelsDirectory.Sha256(Published) };
}
