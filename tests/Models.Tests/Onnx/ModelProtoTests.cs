using Google.Protobuf;
using Rembg.Models.Onnx;
using Rembg.Models.Prepare;
using Rembg.Testing;

namespace Rembg.Models.Tests.Onnx;

public class ModelProtoTests
{
    [Fact]
    public void UnknownFields_SurvivePreparation()
    {
        // metadata_props (14) of the model, doc_string (10) of its graph: real fields of the format that our schema leaves out.
        byte[] file = [.. PublishedModel.Bytes(), .. Field(14, [.. Field(1, "author"u8), .. Field(2, "somebody"u8)]), .. Field(7, Field(10, "what it does"u8))];

        var model = ModelProto.Parser.ParseFrom(file);
        ModelPreparer.Apply(model.Graph, 32, 32);
        var written = model.ToByteArray();

        Count(written, "somebody"u8).ShouldBe(1);
        Count(written, "what it does"u8).ShouldBe(1);
    }

    [Fact]
    public void PreparedDefaultModel_HasOneInputAndOneMask_WithAnyBatch()
    {
        var path = Path.Combine(RepositoryPaths.PreparedModels, "isnet-general-use.onnx");
        File.Exists(path).ShouldBeTrue("./test.sh prepares the default model before it runs the tests; without it, run Rembg.Models");
        using var file = File.OpenRead(path);
        var graph = ModelProto.Parser.ParseFrom(file).Graph;

        var input = graph.Input.ShouldHaveSingleItem().Type.TensorType.Shape.Dim;
        var output = graph.Output.ShouldHaveSingleItem().Type.TensorType.Shape.Dim;

        (input[0].HasDimParam, input[1].DimValue, input[2].DimValue, input[3].DimValue).ShouldBe((true, 3, 1024, 1024));
        (output[0].HasDimParam, output[1].DimValue, output[2].DimValue, output[3].DimValue).ShouldBe((true, 1, 1024, 1024));
    }

    /// <summary>A length-delimited protobuf field, written by hand.</summary>
    private static byte[] Field(int number, ReadOnlySpan<byte> value) => [(byte)(number << 3 | 2), (byte)value.Length, .. value];

    private static int Count(byte[] text, ReadOnlySpan<byte> part)
    {
        var count = 0;
        for (var rest = text.AsSpan(); rest.IndexOf(part) is >= 0 and var at; rest = rest[(at + part.Length)..]) count++;
        return count;
    }
}
