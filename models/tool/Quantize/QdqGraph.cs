using Rembg.Models.Onnx;
using Rembg.Models.Prepare;
using DataType = Rembg.Models.Onnx.TensorProto.Types.DataType;

namespace Rembg.Models.Quantize;

/// <summary>
/// Rewrites a graph in ONNX's QDQ form: every 8-bit value goes through QuantizeLinear and DequantizeLinear, and ONNX Runtime
/// makes integer operations of what lies between. Activations are uint8 with one scale a tensor, weights int8 with one scale a
/// channel, biases int32.
/// </summary>
public static class QdqGraph
{
    /// <exception cref="ModelException">A range is missing: they were measured on another file.</exception>
    public static void Apply(GraphProto graph, IReadOnlyDictionary<string, ActivationRange> ranges)
    {
        var plan = QuantizationPlan.Of(graph);
        if (plan.Convolutions.Count == 0) throw new ModelException("The model has no convolution that could run in int8.");
        var scales = plan.Ranges.ToDictionary(name => name, name => ranges.TryGetValue(name, out var range)
            ? new ActivationScale(range)
            : throw new ModelException($"The ranges lack '{name}': they were measured on another file. Calibrate again."), StringComparer.Ordinal);

        var weights = graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var convolution in plan.Convolutions) QuantizeWeights(graph, weights, convolution, scales[plan.RangeOf[convolution.Input[0]]].Scale);
        foreach (var (convolution, relu) in plan.AbsorbedRelus)
        {
            convolution.Output[0] = relu.Output[0];
            graph.Node.Remove(relu);
        }
        foreach (var (name, scale) in scales)
        {
            graph.Initializer.Add(TensorValues.Tensor(Scale(name), DataType.Float, [scale.Scale]));
            graph.Initializer.Add(TensorValues.Tensor(ZeroPoint(name), DataType.Uint8, [scale.ZeroPoint]));
        }
        foreach (var (name, range) in plan.RangeOf) QuantizeActivation(graph, name, range);
        MaskOutput.Keep(graph); // without the weights of before
    }

    private static void QuantizeActivation(GraphProto graph, string name, string range)
    {
        var (quantized, dequantized) = ($"{name}.quantized", $"{name}.dequantized");
        foreach (var reader in graph.Readers()[name].ToHashSet())
            for (var i = 0; i < reader.Input.Count; i++)
                if (reader.Input[i] == name) reader.Input[i] = reader.OpType == "Shape" ? quantized : dequantized;
        graph.Node.Add(Node("QuantizeLinear", quantized, name, Scale(range), ZeroPoint(range)));
        graph.Node.Add(Node("DequantizeLinear", dequantized, quantized, Scale(range), ZeroPoint(range)));
    }

    private static void QuantizeWeights(GraphProto graph, Dictionary<string, TensorProto> initializers, NodeProto convolution, float inputScale)
    {
        var weights = initializers[convolution.Input[1]];
        var (values, channels) = (weights.Floats(), (int)weights.Dims[0]);
        var biases = convolution.Input.Count > 2 ? initializers[convolution.Input[2]].Floats() : new float[channels];
        var size = values.Length / channels;
        var (scales, quantized, quantizedBiases) = (new float[channels], new sbyte[values.Length], new int[channels]);
        for (var channel = 0; channel < channels; channel++)
        {
            var most = 0f;
            foreach (var value in values.AsSpan(channel * size, size)) most = Math.Max(most, Math.Abs(value));
            // A channel of weights near zero must leave room for its bias in 32 bits.
            var scale = Math.Max(Math.Max(most / sbyte.MaxValue, Math.Abs(biases[channel]) / (inputScale * (1 << 30))), float.Epsilon * (1 << 20));
            scales[channel] = scale;
            for (var i = channel * size; i < (channel + 1) * size; i++) quantized[i] = (sbyte)MathF.Round(values[i] / scale);
            quantizedBiases[channel] = (int)Math.Round(biases[channel] / ((double)inputScale * scale));
        }

        var name = convolution.Output[0];
        Add("weights", DataType.Int8, quantized, [.. weights.Dims], scales);
        Add("bias", DataType.Int32, quantizedBiases, [channels], [.. scales.Select(scale => scale * inputScale)]);

        void Add<T>(string what, DataType type, T[] integers, long[] dims, float[] steps) where T : unmanaged
        {
            var stem = $"{name}.{what}";
            graph.Initializer.Add(TensorValues.Tensor($"{stem}.quantized", type, integers, dims));
            graph.Initializer.Add(TensorValues.Tensor(Scale(stem), DataType.Float, steps, channels));
            graph.Initializer.Add(TensorValues.Tensor(ZeroPoint(stem), type, new T[channels], channels));
            var node = Node("DequantizeLinear", $"{stem}.dequantized", $"{stem}.quantized", Scale(stem), ZeroPoint(stem));
            node.Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeProto.Types.Kind.Int, I = 0 });
            graph.Node.Add(node);
            var place = what == "weights" ? 1 : 2;
            if (convolution.Input.Count > place) convolution.Input[place] = node.Output[0];
            else convolution.Input.Add(node.Output[0]);
        }
    }

    private static string Scale(string name) => $"{name}.scale";

    private static string ZeroPoint(string name) => $"{name}.zero";

    private static NodeProto Node(string operation, string output, params string[] inputs) =>
        new() { Name = $"make {output}", OpType = operation, Input = { inputs }, Output = { output } };
}

/// <summary>How a uint8 stands for a value: (integer - <see cref="ZeroPoint"/>) × <see cref="Scale"/>. Zero is exact, for padding.</summary>
internal readonly struct ActivationScale
{
    public ActivationScale(ActivationRange range)
    {
        var (min, max) = (Math.Min(range.Min, 0), Math.Max(range.Max, 0));
        ZeroPoint = max > min ? (byte)MathF.Round(-min / (max - min) * 255) : (byte)0;
        // Wide enough for both ends, whichever way the zero point was rounded.
        Scale = Math.Max(Math.Max(ZeroPoint > 0 ? -min / ZeroPoint : 0, ZeroPoint < 255 ? max / (255 - ZeroPoint) : 0), 1e-12f);
    }

    public float Scale { get; }
    public byte ZeroPoint { get; }
}
