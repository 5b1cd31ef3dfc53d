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

    /// <summary>The same with an alpha channel, whatever it has now.</summary>
    public Decoded ToRgba()
    {
        var rgba = new byte[Width * Height * 4];
        for (var i = 0; i < Width * Height; i++)
        {
            var pixel = Pixels.AsSpan(i * Channels, Channels);
            for (var channel = 0; channel < 3; channel++) rgba[i * 4 + channel] = pixel[Channels < 3 ? 0 : channel];
            rgba[i * 4 + 3] = Channels is 2 or 4 ? pixel[^1] : byte.MaxValue;
        }
        return this with { Channels = 4, Pixels = rgba };
    }

    /// <summary>RGBA whose wholly transparent pixels are black: nobody sees their colours, and decoders differ.</summary>
    public Decoded WithoutHiddenColours()
    {
        var pixels = Pixels.ToArray();
        for (var i = 0; i < pixels.Length; i += 4)
            if (pixels[i + 3] == 0) pixels.AsSpan(i, 3).Clear();
        return this with { Pixels = pixels };
    }

    /// <summary>Mean absolute difference of all samples, 0 to 255.</summary>
    public double DifferenceTo(Decoded other)
    {
        (other.Width, other.Height, other.Channels).ShouldBe((Width, Height, Channels));
        return Pixels.Zip(other.Pixels, (a, b) => Math.Abs(a - b)).Average();
    }
}
