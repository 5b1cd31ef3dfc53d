using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Rembg.Models.Onnx;
using Rembg.Models.Prepare;
using Rembg.Models.Quantize;
using Rembg.Testing;
using static Rembg.Models.Onnx.AttributeProto.Types;
using DataType = Rembg.Models.Onnx.TensorProto.Types.DataType;

namespace Rembg.Models.Tests.Quantize;

public class QdqGraphTests
{
    private static readonly Dictionary<string, ActivationRange> Ranges = new() { ["image"] = new(-0.5f, 0.5f), ["bright"] = new(0, 1.3f) };

    [Fact]
    public void Quantized_GivesNearlyTheMaskOfFullPrecision()
    {
        var (full, quantized) = (Run(Single()), Run(Quantized()));

        var most = full.Zip(quantized, (a, b) => Math.Abs(a - b)).Max();
        most.ShouldBeInRange(1e-7f, 0.02f, "close, and not the same: then nothing was quantized");
    }

    [Fact]
    public void Quantized_FromTheSameFileAndRanges_HasTheSameBytes() => Quantized().ToByteArray().ShouldBe(Quantized().ToByteArray());

    [Fact]
    public void LastConvolution_StaysInFullPrecision()
    {
        var graph = Quantized().Graph;

        graph.Initializer.ShouldContain(tensor => tensor.Name == "last_weights" && tensor.DataType == (int)DataType.Float);
        graph.Initializer.ShouldContain(tensor => tensor.Name == "first.weights.quantized" && tensor.DataType == (int)DataType.Int8);
        graph.Node.ShouldNotContain(node => node.OpType == "Relu", "the range starts at 0");
    }

    [Fact]
    public void RangesOfAnotherFile_AreRefused()
    {
        var graph = Single().Graph;
        Should.Throw<ModelException>(() => QdqGraph.Apply(graph, new Dictionary<string, ActivationRange> { ["image"] = new(-1, 1) })).Message.ShouldContain("lack 'bright'");
    }

    [Fact]
    public void ShippedRanges_CoverTheDefaultModel()
    {
        using var file = File.OpenRead(Path.Combine(RepositoryPaths.PreparedModels, "isnet-general-use.onnx"));
        var graph = ModelProto.Parser.ParseFrom(file).Graph;
        SinglePrecision.Apply(graph);

        graph.Node.Count(node => node.OpType == "Cast").ShouldBe(0);
        QdqGraph.Apply(graph, ActivationRanges.Read(Path.Combine(RepositoryPaths.Models, "ranges", "isnet-general-use.json")).Ranges);

        graph.Initializer.Count(tensor => tensor.Name.EndsWith(".weights.quantized", StringComparison.Ordinal)).ShouldBe(113, "all convolutions but the last");
    }

    private static ModelProto Quantized()
    {
        var model = Single();
        QdqGraph.Apply(model.Graph, Ranges);
        return model;
    }

    private static ModelProto Single()
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

    private static float[] Run(ModelProto model)
    {
        using var session = new InferenceSession(model.ToByteArray());
        var random = new Random(1);
        var image = Enumerable.Range(0, 3 * PublishedModel.Size * PublishedModel.Size).Select(_ => random.NextSingle() - 0.5f).ToArray();
        using var input = OrtValue.CreateTensorValueFromMemory(image, [1, 3, PublishedModel.Size, PublishedModel.Size]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["image"], [input], ["mask"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
