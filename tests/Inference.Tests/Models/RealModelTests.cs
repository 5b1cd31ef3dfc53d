using Rembg.Contract.Models;
using Rembg.Inference.Models;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Models;

/// <summary>The contract of batching, on the weights that users get.</summary>
[Trait("Category", "Slow")]
public class RealModelTests
{
    [Theory, InlineData(Precision.Full), InlineData(Precision.Int8)]
    public void BatchOfDifferentImages_EqualsTheSingles(Precision precision)
    {
        var options = new ModelOptions { Directory = RepositoryPaths.PreparedModels, Provider = Provider.Cpu, Precision = precision };
        // No arena pattern to keep: 8 images of 1024 × 1024 at once are for a GPU; here they only have to be right.
        using var session = new OnnxSession(new PreparedModel("isnet-general-use", options, DotProducts.OfThisProcessor()), options, Environment.ProcessorCount, 8);
        var images = Enumerable.Range(0, 8).Select(seed => Image(session.InputBytes, seed)).ToArray();
        var singles = images.Select(image => Run(session, [image])[0]).ToArray();

        foreach (var size in new[] { 2, 4, 8 })
        {
            var masks = Run(session, images[..size]);
            for (var i = 0; i < size; i++) masks[i].Zip(singles[i], (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1, $"image {i} of a batch of {size}");
        }
        singles.Select(Convert.ToHexString).Distinct().Count().ShouldBe(8, "the masks must differ, or the comparison says nothing");
    }

    private static byte[][] Run(OnnxSession session, byte[][] images)
    {
        var buffers = new RunBuffers(session.Spec, images.Length);
        for (var i = 0; i < images.Length; i++) Normalization.ToInput(images[i], session.Spec, buffers.InputOf(i));
        session.Run(buffers, images.Length);
        return [.. Enumerable.Range(0, images.Length).Select(i => Normalization.ToMask(buffers.OutputOf(i), session.Spec.Activation))];
    }

    /// <summary>A bright disc on a noisy ground, elsewhere for every seed.</summary>
    private static byte[] Image(int bytes, int seed)
    {
        var (image, side, random) = (new byte[bytes], (int)Math.Sqrt(bytes / 3), new Random(seed));
        var (x0, y0, radius) = (random.Next(300, 700), random.Next(300, 700), random.Next(100, 300));
        for (var at = 0; at < bytes; at++)
        {
            var (x, y) = (at / 3 % side - x0, at / 3 / side - y0);
            image[at] = (byte)((x * x + y * y < radius * radius ? 180 + 20 * (at % 3) : 40) + random.Next(30));
        }
        return image;
    }
}
