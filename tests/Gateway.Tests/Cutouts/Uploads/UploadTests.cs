using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Tests.Cutouts.Uploads;

/// <summary>Who holds an image's memory, and for how long.</summary>
public class UploadTests
{
    private const int Budget = 1 << 20, Blocks = Budget / MemoryBudget.BlockBytes;
    private readonly MemoryBudget _memory = new(Options.Create(new UploadOptions { MaxBytesInFlight = Budget }));
    private readonly byte[] _image = RandomNumberGenerator.GetBytes(3 * MemoryBudget.BlockBytes + 5);

    [Theory, InlineData(true), InlineData(false)]
    public async Task Image_IsKnownByItsHash_TakenOnTheWayInOrLater(bool onTheWay)
    {
        using var upload = await ReadAsync(onTheWay);

        upload.Sha256.ShouldBe(SHA256.HashData(_image));
        upload.Bytes.ToArray().ShouldBe(_image);
    }

    [Fact]
    public async Task SharedImage_CountsUntilTheLastRequestIsOver()
    {
        var first = await ReadAsync();
        var second = first.Share();

        first.Dispose();
        _memory.BytesInUse.ShouldBe(4 * MemoryBudget.BlockBytes);
        second.Bytes.ToArray().ShouldBe(_image);

        second.Dispose();
        second.Dispose();
        _memory.BytesInUse.ShouldBe(0);
    }

    [Fact]
    public async Task KeptImage_OutlivesItsRequestAndLeavesTheBudgetToOthers()
    {
        var request = await ReadAsync();
        using var kept = request.Keep();
        request.Dispose();

        _memory.BytesInUse.ShouldBe(0);
        using (await ReadAsync()) kept.Bytes.ToArray().ShouldBe(_image, "another upload does not get its blocks");
        using var run = kept.Share();
        _memory.BytesInUse.ShouldBe(0);
        run.Sha256.ShouldBe(SHA256.HashData(_image));
    }

    [Fact]
    public void Blocks_AreUsedAgainUpToTheBudget()
    {
        var first = Rent(2 * Blocks);
        _memory.Return(first);

        Rent(2 * Blocks).Intersect(first).Count().ShouldBe(Blocks);
    }

    private List<byte[]> Rent(int count) => [.. Enumerable.Range(0, count).Select(_ => _memory.Rent())];

    private async Task<Upload> ReadAsync(bool hashing = true)
    {
        var buffer = new UploadBuffer(_memory, _memory.Reserve(_image.Length), hashing);
        await buffer.ReadAsync(new MemoryStream(_image), _image.Length, CancellationToken.None);
        return new(buffer);
    }
}
