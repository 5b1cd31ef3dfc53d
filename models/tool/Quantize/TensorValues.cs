using System.Runtime.InteropServices;
using Google.Protobuf;
using Rembg.Models.Onnx;
using DataType = Rembg.Models.Onnx.TensorProto.Types.DataType;

namespace Rembg.Models.Quantize;

/// <summary>The values of a tensor, in whichever of the format's fields a file keeps them.</summary>
internal static class TensorValues
{
    /// <exception cref="ModelException">The tensor holds no floating-point numbers.</exception>
    public static float[] Floats(this TensorProto tensor) => (DataType)tensor.DataType switch
    {
        DataType.Float when tensor.HasRawData => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray(),
        DataType.Float => [.. tensor.FloatData],
        DataType.Float16 when tensor.HasRawData => [.. MemoryMarshal.Cast<byte, Half>(tensor.RawData.Span).ToArray().Select(value => (float)value)],
        DataType.Float16 => [.. tensor.Int32Data.Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits))],
        _ => throw new ModelException($"{tensor.Name} holds no floating-point numbers."),
    };

    public static void SetFloats(this TensorProto tensor, float[] values)
    {
        tensor.DataType = (int)DataType.Float;
        tensor.FloatData.Clear();
        tensor.Int32Data.Clear();
        tensor.RawData = Raw<float>(values);
    }

    public static TensorProto Tensor<T>(string name, DataType type, T[] values, params long[] dims) where T : unmanaged =>
        new() { Name = name, DataType = (int)type, Dims = { dims }, RawData = Raw<T>(values) };

    private static ByteString Raw<T>(ReadOnlySpan<T> values) where T : unmanaged => ByteString.CopyFrom(MemoryMarshal.AsBytes(values));
}
