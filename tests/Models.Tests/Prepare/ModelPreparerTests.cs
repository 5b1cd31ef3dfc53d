using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Rembg.Models.Onnx;
using Rembg.Models.Prepare;

namespace Rembg.Models.Tests.Prepare;

public class ModelPreparerTests
{
    private const int Size = PublishedModel.Size;

    [Fact]
    public void Prepared_TakesAnyBatch_AndEachImageGetsItsOwnMask()
    {
        var images = Enumerable.Range(0, 8).Select(seed => Image(seed, Size)).ToArray();
        using var session = new InferenceSession(Prepared(Size).ToByteArray());
        var singles = images.Select(image => Run(session, [image], Size)).ToArray();

        foreach (var batch in new[] { 2, 4, 8 })
            Run(session, images[..batch], Size).ShouldBe(singles[..batch].SelectMany(mask => mask).ToArray());
    }

    [Fact]
    public void Prepared_ForTheSameSize_GivesThePublishedMask()
    {
        var image = Image(1, Size);
        using var published = new InferenceSession(PublishedModel.Bytes());
        using var prepared = new InferenceSession(Prepared(Size).ToByteArray());

        Run(prepared, [image], Size).ShouldBe(Run(published, [image], Size));
    }

    [Fact]
    public void Prepared_ForAnotherSize_GivesMasksOfThatSize()
    {
        var model = Prepared(Size * 2);
        using var session = new InferenceSession(model.ToByteArray());

        Run(session, [Image(1, Size * 2)], Size * 2).Length.ShouldBe(Size * 2 * Size * 2);
        Shape(model.Graph.Input[0]).ShouldBe("N x 3 x 32 x 32");
        Shape(model.Graph.Output[0]).ShouldBe("N x 1 x 32 x 32");
    }

    [Fact]
    public void Prepared_SizesNotInRawForm_AreScaledToo()
    {
        var graph = PublishedModel.Build().Graph;
        var sizes = graph.Node.Single(node => node.OpType == "Constant").Attribute[0].T;
        sizes.ClearRawData();
        sizes.Int64Data.Add([Size, Size]);

        ModelPreparer.Apply(graph, Size * 2, Size * 4);

        sizes.Int64Data.ShouldBeEmpty();
        sizes.RawData.ShouldBe(ByteString.CopyFrom([.. BitConverter.GetBytes(Size * 4L), .. BitConverter.GetBytes(Size * 2L)]));
    }

    [Fact]
    public void Prepared_ForASizeThatDoesNotFit_IsRefused()
    {
        var graph = PublishedModel.Build().Graph;
        graph.Node.Single(node => node.OpType == "Constant").Attribute[0].T.RawData = ByteString.CopyFrom([.. BitConverter.GetBytes(7L), .. BitConverter.GetBytes(7L)]);

        Should.Throw<ModelException>(() => ModelPreparer.Apply(graph, Size / 2, Size / 2)).Message.ShouldContain("inner size 7 of 16");
    }

    [Fact]
    public void Prepared_KeepsTheMaskAndOnlyWhatItNeeds()
    {
        var graph = Prepared(Size).Graph;

        graph.Output.ShouldHaveSingleItem().Name.ShouldBe("mask");
        graph.Node.SelectMany(node => node.Output).ShouldNotContain(name => name.StartsWith("side"));
        graph.Node.Count.ShouldBe(PublishedModel.Build().Graph.Node.Count - 2);
        graph.Initializer.Select(tensor => tensor.Name).ShouldBe(["weights", "from", "to"]);
        graph.ValueInfo.ShouldBeEmpty();
    }

    [Fact]
    public void Prepared_WeightsListedAsInputs_AsOldFilesDo_AreNotTakenForTheImage()
    {
        var graph = PublishedModel.Build().Graph;
        graph.Input.Insert(0, new ValueInfoProto { Name = "weights" });
        graph.Input.Insert(0, new ValueInfoProto { Name = "side_weights" });

        ModelPreparer.Apply(graph, Size, Size);

        graph.Input.Select(input => input.Name).ShouldBe(["weights", "image"]);
        Shape(graph.Input[1]).ShouldBe("N x 3 x 16 x 16");
    }

    [Fact]
    public void Prepared_ValueReadOnlyInsideABranch_IsKept()
    {
        var graph = PublishedModel.Build().Graph;
        var branch = new GraphProto { Node = { new NodeProto { OpType = "Identity", Input = { "side_half" }, Output = { "inner" } } }, Output = { new ValueInfoProto { Name = "inner" } } };
        graph.Node.Single(node => node.OpType == "Sigmoid").Attribute.Add(new AttributeProto { Name = "then_branch", Type = AttributeProto.Types.Kind.Graph, G = branch });

        MaskOutput.Keep(graph);

        graph.Node.SelectMany(node => node.Output).ShouldContain("side_half");
        graph.Initializer.Select(tensor => tensor.Name).ShouldContain("side_weights");
    }

    [Fact]
    public void Prepared_TwoImageInputs_AreRefused()
    {
        var graph = PublishedModel.Build().Graph;
        graph.Input.Add(new ValueInfoProto { Name = "prompt" });

        Should.Throw<ModelException>(() => ModelPreparer.Apply(graph, Size, Size)).Message.ShouldContain("one input");
    }

    private static ModelProto Prepared(int size)
    {
        var model = PublishedModel.Build();
        ModelPreparer.Apply(model.Graph, size, size);
        return model;
    }

    private static float[] Image(int seed, int size)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 3 * size * size).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static float[] Run(InferenceSession session, float[][] images, int size)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(images.SelectMany(image => image).ToArray(), [images.Length, 3, size, size]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["image"], [input], ["mask"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static string Shape(ValueInfoProto value) =>
        string.Join(" x ", value.Type.TensorType.Shape.Dim.Select(dimension => dimension.HasDimParam ? dimension.DimParam : $"{dimension.DimValue}"));
}
