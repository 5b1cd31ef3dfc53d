using System.Buffers.Binary;
using Google.Protobuf;
using Rembg.Models.Onnx;
using static Rembg.Models.Onnx.TensorProto.Types;

namespace Rembg.Models.Prepare;

/// <summary>
/// Makes a half-precision graph single precision. A CPU has no half-precision convolution, so ONNX Runtime would convert
/// every weight at each load.
/// </summary>
public static class Float32Weights
{
    public static void Apply(GraphProto graph)
    {
        foreach (var tensor in graph.Initializer) Widen(tensor);
        foreach (var value in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo))
            if (value.Type?.TensorType is { ElemType: (int)DataType.Float16 } type) type.ElemType = (int)DataType.Float;

        foreach (var node in graph.Node)
        {
            foreach (var attribute in node.Attribute)
            {
                if (attribute.T is { } tensor) Widen(tensor);
                // A cast from float to float is left behind; ONNX Runtime drops it when it loads the model.
                if (node.OpType == "Cast" && attribute is { Name: "to", I: (long)DataType.Float16 }) attribute.I = (long)DataType.Float;
            }
            foreach (var subgraph in node.Subgraphs()) Apply(subgraph);
        }
    }

    private static void Widen(TensorProto tensor)
    {
        if (tensor.DataType != (int)DataType.Float16) return;
        tensor.DataType = (int)DataType.Float;

        // The specification keeps halves either raw, little-endian, or as bit patterns in int32_data.
        if (tensor.HasRawData)
        {
            var halves = tensor.RawData.Span;
            var singles = new byte[halves.Length * 2];
            for (var i = 0; i < halves.Length; i += sizeof(short))
                BinaryPrimitives.WriteSingleLittleEndian(singles.AsSpan(i * 2), (float)BinaryPrimitives.ReadHalfLittleEndian(halves[i..]));
            tensor.RawData = UnsafeByteOperations.UnsafeWrap(singles);
        }
        else
        {
            tensor.FloatData.Add(tensor.Int32Data.Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits)));
            tensor.Int32Data.Clear();
        }
    }
}
