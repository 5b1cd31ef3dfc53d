using Rembg.Contract.Models;
using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging;

public class PackedMaskTests
{
    private static readonly ModelInfo Model = new("isnet", new string('a', 64), 300, 200, "MIT", "cpu", [1], MaskVersion: "1-abc");

    [Fact]
    public void Unpacked_IsWhatWasPacked()
    {
        var mask = Noise();
        var unpacked = PackedMask.Unpack(PackedMask.Pack(mask, Model), Model).ShouldNotBeNull();
        (unpacked.Width, unpacked.Height).ShouldBe((mask.Width, mask.Height));
        unpacked.Values.ShouldBe(mask.Values);
    }

    public static TheoryData<ModelInfo> Others => new()
    {
        Model with { Name = "u2net" },
        Model with { MaskVersion = "1-abd" },
        Model with { MaskVersion = "1-abc " },
        Model with { InputWidth = 200, InputHeight = 300 },
    };

    [Theory, MemberData(nameof(Others))]
    public void MaskOfAnotherModelVersionOrSize_IsRefused(ModelInfo other) =>
        PackedMask.Unpack(PackedMask.Pack(Noise(), Model), other).ShouldBeNull();

    [Fact]
    public void DamagedMask_IsRefused()
    {
        var packed = PackedMask.Pack(Noise(), Model);
        PackedMask.Unpack(default, Model).ShouldBeNull();
        PackedMask.Unpack(packed.AsMemory(..^5), Model).ShouldBeNull("it ends too early");
        PackedMask.Unpack("GIF89a"u8.ToArray(), Model).ShouldBeNull();
        for (var at = 0; at < packed.Length; at += 101)
        {
            packed[at] ^= 0x10;
            PackedMask.Unpack(packed, Model).ShouldBeNull($"byte {at} is another");
            packed[at] ^= 0x10;
        }
    }

    [Fact]
    public void MoreThanTheModelsPixels_IsRefused()
    {
        var taller = PackedMask.Pack(new Mask(300, 201, new byte[300 * 201]), Model);
        PackedMask.Unpack(taller, Model).ShouldBeNull();
    }

    private static Mask Noise()
    {
        var values = new byte[300 * 200];
        new Random(1).NextBytes(values);
        return new(300, 200, values);
    }
}
