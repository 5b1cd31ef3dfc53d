using System.Security.Cryptography;
using System.Text;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;
using Rembg.Contract.Models;
using Rembg.Inference.Tests.Imaging;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests;

/// <summary>
/// Holds <see cref="PipelineVersion"/> to the bytes: gateways keep answers under it, so that an answer with other bytes under
/// the same version is a wrong one from the cache.
/// </summary>
public class PipelineVersionTests
{
    /// <summary>The version, and what it makes of the photograph and the mask below.</summary>
    private static readonly (string Version, string Bytes) Golden = ("3", "b8c4736f4a734306868dc9bd5ebe623ba6142ca182f5404befdefc9ac77510b1");

    /// <summary>The same for what is between an upload and its mask.</summary>
    private static readonly (string Version, string Bytes) GoldenMask = ("1", "b16b9a2e69b407e41d7748bff993ab4ea3fdfe4b81ef927a3a01e78d0ed56275");

    private static readonly CutoutOptions[] Options =
    [
        CutoutOptions.Default,
        new() { Background = new(200, 40, 40, 128) },
        new() { PostProcessMask = true },
        new() { Channels = OutputChannels.Alpha },
        new() { Edges = EdgeMode.Raw },
        new() { Format = OutputFormat.Zip },
        new() { Size = OutputSize.Preview },
        new() { Format = OutputFormat.Webp },
        new() { Format = OutputFormat.Jpg, Background = Rgba.White },
    ];

    [Fact]
    public async Task Bytes_AreThoseOfTheVersion()
    {
        var bytes = await FingerprintAsync();

        (PipelineVersion.Current, bytes).ShouldBe(Golden,
            $"The same photograph gives other bytes. Raise {nameof(PipelineVersion)}.{nameof(PipelineVersion.Current)} (gateways keep answers under it), then set {nameof(Golden)} here to the two new values.");
    }

    [Fact]
    public void MaskBytes_AreThoseOfTheVersion()
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var photo in Photos()) all.AppendData(ModelInput(photo, 48, 40).Pixels);
        all.AppendData(Normalization.ToMask(Output(), MaskActivation.Sigmoid));

        (PipelineVersion.Mask, Convert.ToHexStringLower(all.GetHashAndReset())).ShouldBe(GoldenMask,
            $"The model sees or says something else. Raise {nameof(PipelineVersion)}.{nameof(PipelineVersion.Mask)} (gateways keep masks under it), then set {nameof(GoldenMask)} here to the two new values.");
    }

    /// <summary>Of all that is between an upload and the model, and between the mask and the answer.</summary>
    private static async Task<string> FingerprintAsync()
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var mask = Ellipse(48, 40);
        foreach (var photo in Photos())
        {
            all.AppendData(ModelInput(photo, 48, 40).Pixels);
            foreach (var options in Options)
            {
                var cutout = CutoutEncoder.Plan(ImageHeader.Read(photo, Limits), mask, options);
                all.AppendData(Encoding.ASCII.GetBytes($"{options.ToQuery()} {cutout.Width} {cutout.Height} {cutout.Foreground}\n"));
                all.AppendData(await WriteAsync(cutout, photo));
            }
        }
        all.AppendData(Normalization.ToMask(Output(), MaskActivation.Sigmoid));
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }

    private static byte[][] Photos() => [Photo(), ImageFactory.Jpeg(Photo(), orientation: 6), ImageFactory.Webp(Photo(), lossless: false)];

    private static float[] Output() => [.. Enumerable.Range(0, 500).Select(i => i / 7f - 20)];

    /// <summary>Waves of colours with a transparent corner, larger than a preview may be.</summary>
    private static byte[] Photo()
    {
        const int Width = 640, Height = 480;
        var rows = new byte[Height * (1 + 4 * Width)];
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
            {
                var at = y * (1 + 4 * Width) + 1 + 4 * x;
                (rows[at], rows[at + 1], rows[at + 2]) = ((byte)(x * y >> 6), (byte)(x + 3 * y), (byte)(x ^ y));
                rows[at + 3] = (byte)Math.Min(255, x + y);
            }
        return PngFile.Of(PngFile.Header(Width, Height), PngFile.Data(rows), PngFile.End);
    }
}
