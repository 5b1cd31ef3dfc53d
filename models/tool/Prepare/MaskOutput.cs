using Google.Protobuf.Collections;
using Rembg.Models.Onnx;

namespace Rembg.Models.Prepare;

/// <summary>Keeps a graph's first output, the mask, and whatever it needs; training's side outputs cost time and memory for nothing.</summary>
public static class MaskOutput
{
    public static void Keep(GraphProto graph)
    {
        var mask = graph.Output[0];
        Drop(graph.Output, output => !ReferenceEquals(output, mask));
        var needed = NeededBy(mask.Name, graph);

        // Files of old IR versions list their weights among the inputs too.
        var weights = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        Drop(graph.Input, input => weights.Contains(input.Name) && !needed.Contains(input.Name));
        Drop(graph.Initializer, tensor => !needed.Contains(tensor.Name));
        Drop(graph.Node, node => !node.Output.Any(needed.Contains));
    }

    /// <summary>Every value on a way to the mask. Does not rely on the order of the nodes: published files are not always sorted.</summary>
    private static HashSet<string> NeededBy(string mask, GraphProto graph)
    {
        var makers = graph.Makers();
        var needed = new HashSet<string>(StringComparer.Ordinal) { mask };
        var open = new Stack<string>(needed);
        while (open.TryPop(out var value))
        {
            if (!makers.TryGetValue(value, out var maker)) continue;
            foreach (var input in InputsOf(maker))
                if (needed.Add(input)) open.Push(input);
        }
        return needed;
    }

    /// <summary>What a node reads, including what the branches and loop bodies in its attributes read from outside.</summary>
    private static IEnumerable<string> InputsOf(NodeProto node) =>
        node.Input.Concat(node.Subgraphs().SelectMany(graph => graph.Node.SelectMany(InputsOf).Concat(graph.Output.Select(output => output.Name))));

    private static void Drop<T>(RepeatedField<T> items, Predicate<T> predicate)
    {
        for (var i = items.Count - 1; i >= 0; i--)
            if (predicate(items[i])) items.RemoveAt(i);
    }
}
