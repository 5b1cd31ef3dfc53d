using Google.Protobuf;
using Rembg.Models.Onnx;
using static Rembg.Models.Onnx.AttributeProto.Types;
using static Rembg.Models.Onnx.TensorProto.Types;
using Dimension = Rembg.Models.Onnx.TensorShapeProto.Types.Dimension;

namespace Rembg.Models.Tests;

/// <summary>
/// A tiny model with the habits of published ones: batch fixed to 1, a size baked into its Resize, half-precision weights,
/// a side output of training, shapes noted along the way, nodes out of order.
/// </summary>
internal static class PublishedModel
{
    public const int Size = 16;

    // Not in our schema, as most of what the format knows: preparing passes such values through.
    private const int Float16 = 10;

    public static byte[] Bytes() => Build().ToByteArray();

    public static ModelProto Build()
    {
        var graph = new GraphProto
        {
            Name = "published",
            Input = { Value("image", 3, Size) },
            Output = { Value("mask", 1, Size), Value("side", 1, Size) },
            ValueInfo = { Value("small", 1, Size / 2) },
            Initializer = { Halves("weights", 2, 2, 2), Halves("side_weights", 1, 0, 0), Whole("from", 0), Whole("to", 2) },
            Node =
            {
                Node("Conv", "halves", ["image_half", "weights"]),
                Node("Conv", "side_half", ["image_half", "side_weights"]),
                Node("Cast", "side", ["side_half"], Attribute("to", (long)DataType.Float)),
                Node("Cast", "bright", ["halves"], Attribute("to", (long)DataType.Float)),
                Node("MaxPool", "small", ["bright"], Attribute("kernel_shape", [2, 2]), Attribute("strides", [2, 2])),
                Node("Shape", "shape", ["small"]),
                Node("Slice", "batch_and_channels", ["shape", "from", "to"]),
                Node("Constant", "height_and_width", [], new AttributeProto { Name = "value", Type = Kind.Tensor, T = Whole("", Size, Size) }),
                Node("Concat", "sizes", ["batch_and_channels", "height_and_width"], Attribute("axis", 0)),
                Node("Resize", "large", ["small", "", "", "sizes"], new AttributeProto { Name = "mode", Type = Kind.String, S = ByteString.CopyFromUtf8("linear") }),
                Node("Sigmoid", "mask", ["large"]),
                Node("Cast", "image_half", ["image"], Attribute("to", Float16)),
            },
        };
        return new ModelProto { IrVersion = 8, ProducerName = "a trainer", Graph = graph, OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 15 } } };
    }

    private static NodeProto Node(string operation, string output, string[] inputs, params AttributeProto[] attributes) =>
        new() { Name = $"make_{output}", OpType = operation, Input = { inputs }, Output = { output }, Attribute = { attributes } };

    private static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = Kind.Int, I = value };

    private static AttributeProto Attribute(string name, long[] values) => new() { Name = name, Type = Kind.Ints, Ints = { values } };

    private static TensorProto Halves(string name, params float[] values) => new()
    {
        Name = name,
        DataType = Float16,
        Dims = { 1, values.Length, 1, 1 },
        RawData = ByteString.CopyFrom([.. values.SelectMany(value => BitConverter.GetBytes((Half)value))]),
    };

    private static TensorProto Whole(string name, params long[] values) => new()
    {
        Name = name,
        DataType = (int)DataType.Int64,
        Dims = { values.Length },
        RawData = ByteString.CopyFrom([.. values.SelectMany(BitConverter.GetBytes)]),
    };

    private static ValueInfoProto Value(string name, int channels, int size) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)DataType.Float,
                Shape = new TensorShapeProto { Dim = { Fixed(1), Fixed(channels), Fixed(size), Fixed(size) } },
            },
        },
    };

    private static Dimension Fixed(int value) => new() { DimValue = value };
}
