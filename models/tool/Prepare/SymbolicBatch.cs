using Rembg.Models.Onnx;

namespace Rembg.Models.Prepare;

/// <summary>Frees the batch dimension, which published background-removal models have fixed to 1.</summary>
public static class SymbolicBatch
{
    private const string Symbol = "N";

    /// <remarks>A graph that bakes its batch into constants elsewhere still loads; the engine finds it out and runs it at batch 1.</remarks>
    public static void Apply(GraphProto graph)
    {
        foreach (var value in graph.Output.Prepend(graph.ImageInput()))
            if (value.Dimensions() is [var batch, ..]) batch.DimParam = Symbol;

        // They state shapes with the old batch; ONNX Runtime infers all of them itself.
        graph.ValueInfo.Clear();
    }
}
