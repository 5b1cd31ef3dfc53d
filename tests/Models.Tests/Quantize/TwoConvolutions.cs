using Rembg.Models.Onnx;
using Rembg.Models.Prepare;
using Rembg.Models.Quantize;
using static Rembg.Models.Onnx.AttributeProto.Types;
using DataType = Rembg.Models.Onnx.TensorProto.Types.DataType;

namespace Rembg.Models.Tests.Quantize;

/// <summary>The least that quantising has something to do with: the published model in single precision, with another convolution before its only one.</summary>
internal static class TwoConvolutions
{
    public static ModelProto Build()
    {
        var model = PublishedModel.Build();
        MaskOutput.Keep(model.Graph);
        SinglePrecision.Apply(model.Graph);
        // Before its only convolution, which stays as it is, another one.
        var graph = model.Graph;
        graph.Node.Single(node => node.OpType == "Conv").Input[0] = "bright_image";
        graph.Node.Single(node => node.OpType == "Conv").Input[1] = "last_weights";
        graph.Initializer.Single(tensor => tensor.Name == "weights").Name = "last_weights";
        graph.Node.Add(new NodeProto { OpType = "Conv", Name = "first", Input = { "image", "first_weights", "first_bias" }, Output = { "first" } });
        graph.Node.Add(new NodeProto { OpType = "Relu", Name = "relu", Input = { "first" }, Output = { "bright" } });
        graph.Node.Add(new NodeProto { OpType = "MaxPool", Name = "pool", Input = { "bright" }, Output = { "bright_image" }, Attribute = { new AttributeProto { Name = "kernel_shape", Type = Kind.Ints, Ints = { 1, 1 } } } });
        graph.Initializer.Add(new TensorProto { Name = "first_weights", DataType = (int)DataType.Float, Dims = { 3, 3, 1, 1 }, FloatData = { 0.9f, -0.2f, 0.1f, 0.3f, 0.7f, -0.4f, -0.6f, 0.2f, 0.8f } });
        graph.Initializer.Add(new TensorProto { Name = "first_bias", DataType = (int)DataType.Float, Dims = { 3 }, FloatData = { 0.1f, 0.2f, -0.1f } });
        return model;
    }
}
