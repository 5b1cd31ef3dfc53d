using System.IO.Pipelines;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>The library as the engine uses it, in one call.</summary>
internal static class Cutting
{
    public static readonly ImageLimits Limits = new();

    /// <param name="query">As a client writes it: <c>crop=true&amp;scale=50%</c>.</param>
    public static CutoutOptions Parse(string query) => CutoutOptions.Parse(query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1])));

    /// <summary>With the mask as it is: what refines it has tests of its own.</summary>
    public static async Task<byte[]> CutAsync(byte[] file, Mask mask, CutoutOptions? options = null)
    {
        var cutout = CutoutEncoder.Plan(ImageHeader.Read(file, Limits), mask, (options ?? CutoutOptions.Default) with { Edges = EdgeMode.Raw });
        return await WriteAsync(cutout, file);
    }

    public static async Task<byte[]> WriteAsync(CutoutEncoder cutout, byte[] file)
    {
        using var answer = new MemoryStream();
        var pipe = PipeWriter.Create(answer, new(leaveOpen: true));
        cutout.Write(file, pipe, CancellationToken.None);
        await pipe.CompleteAsync();
        return answer.ToArray();
    }

    public static Decoded ModelInput(byte[] file, int width, int height)
    {
        var rgb = new byte[width * height * 3];
        InputImage.Decode(file, ImageHeader.Read(file, Limits), width, height, rgb);
        return new(width, height, 3, rgb);
    }

    /// <summary>A mask with a soft ellipse in its middle, background elsewhere.</summary>
    public static Mask Ellipse(int width = 64, int height = 64)
    {
        var values = new byte[width * height];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var distance = Math.Sqrt(Math.Pow((x + 0.5) / width * 2 - 1, 2) + Math.Pow((y + 0.5) / height * 2 - 1, 2));
                values[y * width + x] = (byte)Math.Clamp((0.8 - distance) * 1000, 0, 255);
            }
        return new(width, height, values);
    }

    public static Mask Solid(byte value, int width = 8, int height = 8) => new(width, height, [.. Enumerable.Repeat(value, width * height)]);
}
