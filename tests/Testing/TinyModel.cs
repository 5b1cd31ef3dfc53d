using System.Security.Cryptography;
using Google.Protobuf;
using Rembg.Contract.Models;
using Rembg.Models.Onnx;

namespace Rembg.Testing;

/// <summary>
/// A real ONNX model of a few hundred bytes for tests that need an engine but no quality: the mask is how bright a pixel is.
/// Input <c>input</c> float [N, 3, S, S], output <c>output</c> float [N, 1, S, S] in 0..1, weights fixed.
/// </summary>
public static class TinyModel
{
    /// <summary>Writes <c>NAME.onnx</c> and its <c>NAME.json</c> into <paramref name="directory"/>, which is made when missing.</summary>
    /// <param name="size">Pixels of both sides of input and mask.</param>
    /// <param name="mixesBatch">True makes each mask depend on the other images of its batch, as badly exported models do.</param>
    public static ModelSpec WriteTo(string directory, string name = "tiny", int size = 64, bool mixesBatch = false)
    {
        var onnx = Build(size, mixesBatch).ToByteArray();
        var spec = new ModelSpec
        {
            Name = name,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(onnx)),
            InputName = "input",
            InputWidth = size,
            InputHeight = size,
            Mean = [0.5f, 0.5f, 0.5f],
            Std = [1, 1, 1],
            Activation = MaskActivation.None,
            License = "MIT",
        };
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, $"{name}.onnx"), onnx);
        spec.Write(Path.Combine(directory, $"{name}.json"));
        return spec;
    }

    /// <summary>The graph: a 1 x 1 Conv that sums the channels, then Sigmoid.</summary>
    public static ModelProto Build(int size = 64, bool mixesBatch = false)
    {
        var graph = new GraphProto
        {
            Name = "tiny",
            Input = { Value("input", 3, size) },
            Output = { Value("output", 1, size) },
            Initializer = { new TensorProto { Name = "weights", DataType = (int)TensorProto.Types.DataType.Float, Dims = { 1, 3, 1, 1 }, FloatData = { 4, 4, 4 } } },
            Node = { Node("Conv", "logits", "input", "weights") },
        };
        var logits = "logits";
        if (mixesBatch)
        {
            var overBatch = Node("ReduceMax", "brightest", logits);
            overBatch.Attribute.Add(new AttributeProto { Name = "axes", Type = AttributeProto.Types.Kind.Ints, Ints = { 0 } });
            graph.Node.Add(overBatch);
            graph.Node.Add(Node("Add", logits = "mixed", "logits", "brightest"));
        }
        graph.Node.Add(Node("Sigmoid", "output", logits));
        return new ModelProto { IrVersion = 8, ProducerName = "rembg-tests", Graph = graph, OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 15 } } };
    }

    private static NodeProto Node(string operation, string output, params string[] inputs) =>
        new() { Name = output, OpType = operation, Input = { inputs }, Output = { output } };

    private static ValueInfoProto Value(string name, int channels, int size) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Float,
                Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" }, Fixed(channels), Fixed(size), Fixed(size) } },
            },
        },
    };

    private static TensorShapeProto.Types.Dimension Fixed(int value) => new() { DimValue = value };
}
