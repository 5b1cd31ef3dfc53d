using Rembg.Models.Onnx;
using Rembg.Models.Prepare;
using DataType = Rembg.Models.Onnx.TensorProto.Types.DataType;

namespace Rembg.Models.Quantize;

/// <summary>
/// Widens a half-precision graph to single precision and takes away the casts between the two: only a graph without them
/// shows ONNX Runtime its convolutions with what belongs to them.
/// </summary>
public static class SinglePrecision
{
    public static void Apply(GraphProto graph)
    {
        RemoveCasts(graph);
        foreach (var tensor in graph.Initializer.Where(tensor => tensor.DataType == (int)DataType.Float16)) tensor.SetFloats(tensor.Floats());
    }

    private static void RemoveCasts(GraphProto graph)
    {
        var makers = graph.Makers();
        var weights = graph.Initializer.ToDictionary(tensor => tensor.Name, tensor => tensor.DataType, StringComparer.Ordinal);
        var casts = graph.Node.Where(node => node.OpType == "Cast" && IsFloat(node.Target()) && IsFloat(TypeOf(node.Input[0]))).ToHashSet();
        var sources = casts.ToDictionary(cast => cast.Output[0], cast => cast.Input[0], StringComparer.Ordinal);

        // A mask that a cast makes is made by what the cast reads.
        foreach (var mask in graph.Output.Select(output => output.Name).Where(sources.ContainsKey).ToList())
        {
            var source = Source(mask);
            sources.Remove(mask);
            makers[source].Output[0] = mask;
            sources[source] = mask;
        }
        foreach (var node in graph.Node)
            for (var i = 0; i < node.Input.Count; i++) node.Input[i] = Source(node.Input[i]);
        foreach (var cast in casts) graph.Node.Remove(cast);

        string Source(string value)
        {
            while (sources.TryGetValue(value, out var source)) value = source;
            return value;
        }

        // Every operation of these graphs but a few gives what it gets.
        int TypeOf(string value) => weights.TryGetValue(value, out var type) ? type : makers.GetValueOrDefault(value) switch
        {
            null => (int)DataType.Float, // the image
            { OpType: "Cast" } cast => cast.Target(),
            { OpType: "Shape" } => (int)DataType.Int64,
            { OpType: "Constant" } constant => constant.Attribute.FirstOrDefault(attribute => attribute.Name == "value")?.T.DataType ?? 0,
            var node => TypeOf(node.Input[0]),
        };
    }

    private static int Target(this NodeProto cast) => (int)cast.Attribute.Single(attribute => attribute.Name == "to").I;

    private static bool IsFloat(int type) => type is (int)DataType.Float or (int)DataType.Float16;
}
