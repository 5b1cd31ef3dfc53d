using NetVips;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>A picture as libvips' generic loader and colour management see it: the independent eye of these tests. sRGB, 8 bits, interleaved.</summary>
internal sealed record Decoded(int Width, int Height, int Channels, byte[] Pixels)
{
    public static Decoded From(byte[] file)
    {
        using var stored = Image.NewFromBuffer(file, failOn: Enums.FailOn.Warning);
        using var image = stored.Contains("icc-profile-data") ? stored.IccTransform("srgb", embedded: true) : stored.Copy();
        return new(image.Width, image.Height, image.Bands, image.Cast(Enums.BandFormat.Uchar).WriteToMemory<byte>());
    }

    public byte this[int x, int y, int channel] => Pixels[(y * Width + x) * Channels + channel];

    public byte[] Channel(int channel)
    {
        var samples = new byte[Width * Height];
        for (var i = 0; i < samples.Length; i++) samples[i] = Pixels[i * Channels + channel];
        return samples;
    }

    /// <summary>Mean absolute difference of all samples, 0 to 255.</summary>
    public double DifferenceTo(Decoded other)
    {
        (other.Width, other.Height, other.Channels).ShouldBe((Width, Height, Channels));
        return Pixels.Zip(other.Pixels, (a, b) => Math.Abs(a - b)).Average();
    }
}
