using System.Runtime.InteropServices;
using Google.Protobuf;
using Rembg.Models.Onnx;

namespace Rembg.Models.Prepare;

/// <summary>
/// Makes a graph take another input size. Convolutions take any; what a fixed-size export bakes in are the
/// <c>sizes</c> of its Resize nodes, so those are scaled by the same ratio.
/// </summary>
public static class InputSize
{
    /// <exception cref="ModelException">A baked-in size does not come out whole.</exception>
    public static void Apply(GraphProto graph, int width, int height)
    {
        var shape = graph.ImageInput().Dimensions();
        var (fromHeight, fromWidth) = (shape[2].DimValue, shape[3].DimValue);
        (shape[2].DimValue, shape[3].DimValue) = (height, width);
        if (fromHeight is 0 || fromWidth is 0 || (fromHeight, fromWidth) == (height, width)) return;

        foreach (var tensor in BakedSizes(graph))
        {
            long[] sizes = tensor.HasRawData ? [.. MemoryMarshal.Cast<byte, long>(tensor.RawData.Span)] : [.. tensor.Int64Data];
            if (sizes.Length < 2) throw new ModelException("The model builds its inner sizes in a way that cannot be scaled.");
            sizes[^2] = Scaled(sizes[^2], height, fromHeight);
            sizes[^1] = Scaled(sizes[^1], width, fromWidth);
            tensor.Int64Data.Clear();
            tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(sizes.AsSpan()));
        }
        foreach (var output in graph.Output)
            if (output.Dimensions() is [_, _, var outputHeight, var outputWidth])
                (outputHeight.DimValue, outputWidth.DimValue) = (Scaled(outputHeight.DimValue, height, fromHeight), Scaled(outputWidth.DimValue, width, fromWidth));
    }

    /// <summary>The constants that end in (height, width) and reach the <c>sizes</c> input of a Resize, directly or through a Concat.</summary>
    private static HashSet<TensorProto> BakedSizes(GraphProto graph)
    {
        var makers = graph.Makers();
        var weights = graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        return graph.Node
            .Where(node => node is { OpType: "Resize", Input.Count: 4 })
            .Select(node => LastConstant(node.Input[3]))
            .OfType<TensorProto>()
            .ToHashSet<TensorProto>(ReferenceEqualityComparer.Instance); // equal constants are different nodes

        TensorProto? LastConstant(string name) =>
            weights.GetValueOrDefault(name) ?? makers.GetValueOrDefault(name) switch
            {
                { OpType: "Constant" } constant => constant.Attribute.Single(attribute => attribute.Name == "value").T,
                { OpType: "Concat" } concat => LastConstant(concat.Input[^1]),
                _ => null,
            };
    }

    private static long Scaled(long size, int to, long from) => size * to % from == 0
        ? size * to / from
        : throw new ModelException($"The model cannot be made {to} pixels: its inner size {size} of {from} does not scale to a whole number. Choose a multiple of 64.");
}
