using Rembg.Models.Onnx;
using Dimension = Rembg.Models.Onnx.TensorShapeProto.Types.Dimension;

namespace Rembg.Models.Prepare;

/// <summary>How the steps read a graph.</summary>
internal static class GraphExtensions
{
    /// <summary>The image: the only input that is not a weight.</summary>
    public static ValueInfoProto ImageInput(this GraphProto graph)
    {
        var weights = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var images = graph.Input.Where(input => !weights.Contains(input.Name)).ToList();
        return images is [{ } image] && image.Dimensions().Count == 4
            ? image
            : throw new ModelException("The file is not a model with one input [batch, 3, height, width]; only such models can be prepared.");
    }

    public static IList<Dimension> Dimensions(this ValueInfoProto value) => value.Type?.TensorType?.Shape?.Dim ?? [];

    /// <summary>The node that computes each value.</summary>
    public static Dictionary<string, NodeProto> Makers(this GraphProto graph) =>
        graph.Node.SelectMany(node => node.Output.Select(output => (output, node))).ToDictionary(pair => pair.output, pair => pair.node, StringComparer.Ordinal);

    /// <summary>The nodes that read each value, once for every time that they do.</summary>
    public static ILookup<string, NodeProto> Readers(this GraphProto graph) =>
        graph.Node.SelectMany(node => node.Input.Select(input => (input, node))).ToLookup(pair => pair.input, pair => pair.node, StringComparer.Ordinal);

    public static IEnumerable<GraphProto> Subgraphs(this NodeProto node) =>
        node.Attribute.SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G));
}
