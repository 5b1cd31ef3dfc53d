using Rembg.Inference.Imaging;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Imaging.Rows;

public class ResizedRowsTests
{
    /// <summary>Made with Pillow 9.4: <c>Image.frombytes(…).resize((W, H), Image.LANCZOS)</c>.</summary>
    [Theory]
    [InlineData(5, 4, 9, 7, "0c06176ba986391d180e2753756a3e13131c2455907a2c0302111f5249445c7b7d6432168a470248d4ffd05e17b286515ea8e5d16f2dbfb2987374adb6703c")]
    [InlineData(16, 9, 7, 5, "75573263469b9da190bda195768869848c83586aa375ad698b878b8a6ea59551a57391")]
    [InlineData(13, 1, 40, 1, "0b0d0f172f5982968e6c43251a19191b2a4c75908e70441f0c06040209244e706a3a05054495d3f9")]
    public void Grey_IsResizedAsPillowDoes(int width, int height, int toWidth, int toHeight, string expected)
    {
        var values = Enumerable.Range(0, width * height).Select(i => (byte)(i * i * 31 + i * 7 + 13)).ToArray();

        Close(All(new ResizedRows(new MaskRows(new(width, height, values)), toWidth, toHeight)), Convert.FromHexString(expected));
    }

    [Theory]
    [InlineData(7, 7, 3, 3, "a1487bb79157ae6a859885968d8c5c8c755e7b6b747fa5719f8c84")]
    [InlineData(4, 3, 6, 5, "000b44521193c92bcb86547179b03793e9364f494356387c832dc0ae4eaea79f8093ce68e1814b7d6b5b464da2cb52f6dc7dccac9a8bd93561c85f5ba18f848b6ed1bf6a8ae67835a6006df14764f3b3785581a19a6744ff7100")]
    public void Colour_IsResizedAsPillowDoes(int width, int height, int toWidth, int toHeight, string expected)
    {
        var pixels = Enumerable.Range(0, width * height * 3).Select(i => (byte)(i * i * 17 + i * 5 + 3)).ToArray();

        Close(All(new ResizedRows(new Given(width, height, 3, pixels), toWidth, toHeight)), Convert.FromHexString(expected));
    }

    [Theory]
    [InlineData(1, 1, 300, 200)]
    [InlineData(300, 200, 1, 1)]
    [InlineData(2, 1000, 999, 3)]
    public void FlatMask_StaysFlat(int width, int height, int toWidth, int toHeight) =>
        All(new ResizedRows(new MaskRows(Cutting.Solid(200, width, height)), toWidth, toHeight)).ShouldAllBe(value => value == 200);

    [Fact]
    public void ColourOfTransparentPixels_DoesNotBleed()
    {
        // Transparent green beside opaque red: what remains visible is red.
        byte[] pixels = [.. Enumerable.Range(0, 64).SelectMany(i => i % 8 < 4 ? (byte[])[0, 255, 0, 0] : [255, 0, 0, 255])];

        var small = All(new ResizedRows(new Given(8, 8, 4, pixels), 3, 3));

        for (var i = 0; i < small.Length; i += 4)
            if (small[i + 3] > 8) (small[i] - small[i + 1]).ShouldBeGreaterThan(200);
    }

    [Theory]
    [InlineData("astronaut.png")]
    [InlineData("rocket.jpg")]
    public void ReferenceMask_SurvivesAWayThroughTheModelsSize(string name)
    {
        var mask = Decoded.From(Photos.ReferenceMask(name));
        var large = All(new ResizedRows(new MaskRows(new(mask.Width, mask.Height, mask.Pixels)), 1024, 1024));
        var back = All(new ResizedRows(new MaskRows(new(1024, 1024, large)), mask.Width, mask.Height));

        new Decoded(mask.Width, mask.Height, 1, back).DifferenceTo(mask).ShouldBeLessThan(1);
    }

    private static void Close(byte[] actual, byte[] expected)
    {
        actual.Length.ShouldBe(expected.Length);
        // Pillow rounds to a byte between its two passes, we do not.
        for (var i = 0; i < actual.Length; i++) ((int)actual[i]).ShouldBeInRange(expected[i] - 1, expected[i] + 1, $"sample {i}");
    }

    internal static byte[] All(RowSource rows)
    {
        using (rows)
        {
            var all = new byte[rows.Stride * rows.Height];
            for (var y = 0; y < rows.Height; y++) rows.Next().CopyTo(all.AsSpan(y * rows.Stride));
            return all;
        }
    }

    internal sealed class Given(int width, int height, int channels, byte[] pixels) : RowSource(width, height, channels)
    {
        private int _next;

        public override ReadOnlySpan<byte> Next() => pixels.AsSpan(_next++ * Stride, Stride);
    }
}
