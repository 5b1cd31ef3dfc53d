using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Rembg.Models.Onnx;
using Rembg.Models.Prepare;
using Rembg.Models.Quantize;
using Rembg.Testing;
using DataType = Rembg.Models.Onnx.TensorProto.Types.DataType;

namespace Rembg.Models.Tests.Quantize;

public class QdqGraphTests
{
    private static readonly Dictionary<string, ActivationRange> Ranges = new() { ["image"] = new(-0.5f, 0.5f), ["bright"] = new(0, 1.3f) };

    [Fact]
    public void Quantized_GivesNearlyTheMaskOfFullPrecision()
    {
        var (full, quantized) = (Run(TwoConvolutions.Build()), Run(Quantized()));

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
        var graph = TwoConvolutions.Build().Graph;
        Should.Throw<ModelException>(() => QdqGraph.Apply(graph, new Dictionary<string, ActivationRange> { ["image"] = new(-1, 1) })).Message.ShouldContain("lack 'bright'");
    }

    [Fact]
    public void ShippedRanges_GiveTheFileThatWasVerified()
    {
        var ranges = ActivationRanges.Read(Path.Combine(RepositoryPaths.Models, "ranges", "isnet-general-use.json"));

        var model = Int8Model.Build(new PreparedFile(RepositoryPaths.PreparedModels, "isnet-general-use").ReadModel(), ranges.Ranges);

        model.Graph.Node.Count(node => node.OpType == "Cast").ShouldBe(0);
        model.Graph.Initializer.Count(tensor => tensor.Name.EndsWith(".weights.quantized", StringComparison.Ordinal)).ShouldBe(113, "all convolutions but the last");
        PreparedFile.Digest(model).ShouldBe(ranges.Verification.Sha256, "after a change of the steps, calibrate again: models/README.md");
        ranges.Verification.Demand();
    }

    private static ModelProto Quantized()
    {
        var model = TwoConvolutions.Build();
        QdqGraph.Apply(model.Graph, Ranges);
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
