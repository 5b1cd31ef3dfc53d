using System.Buffers;
using System.Security.Cryptography;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Cutouts.Uploads;

/// <summary>What an image is charged for, and for how long.</summary>
public sealed class UploadTests : IDisposable
{
    private const int Block = BlockPool.BlockBytes;
    private readonly MemoryBudget _memory = new UploadOptions { MaxBytesInFlight = 16 * Block }.ToBudget(TimeProvider.System);

    public void Dispose() => _memory.Dispose();

    [Theory, InlineData(true), InlineData(false)]
    public async Task Image_IsKnownByItsHash_TakenOnTheWayInOrLater(bool onTheWay)
    {
        var image = RandomNumberGenerator.GetBytes(3 * Block + 5);
        using var upload = await ReadAsync(image, hashing: onTheWay);

        upload.Sha256.ShouldBe(SHA256.HashData(image));
        upload.Bytes.ToArray().ShouldBe(image);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(Block / 2, Block / 2)]
    [InlineData(Block / 2 + 1, Block)]
    [InlineData(Block, Block)]
    [InlineData(3 * Block + 5, 3 * Block + 5)]
    public async Task Image_IsChargedForWhatItHolds(int length, int charged)
    {
        using var upload = await ReadAsync(RandomNumberGenerator.GetBytes(length));

        _memory.BytesInUse.ShouldBe(charged);
    }

    [Fact]
    public async Task ImageThatIsTooLong_IsAProblemAndGivesItsMemoryBack()
    {
        (await Should.ThrowAsync<ProblemException>(ReadAsync(new byte[100], maxBytes: 99))).Problem.Code.ShouldBe("image_too_large");
        _memory.BytesInUse.ShouldBe(0);
    }

    private async Task<Upload> ReadAsync(byte[] image, bool hashing = true, int maxBytes = int.MaxValue)
    {
        using var buffer = new UploadBuffer(_memory, "a", hashing, emptyIsAbsent: false);
        await buffer.ReadAsync(new MemoryStream(image), maxBytes, CancellationToken.None);
        return buffer.Complete();
    }
}
