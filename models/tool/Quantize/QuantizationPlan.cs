using Rembg.Models.Onnx;
using Rembg.Models.Prepare;

namespace Rembg.Models.Quantize;

/// <summary>
/// Which values of a graph become 8-bit. A convolution runs in int8 when what it reads is 8-bit; what follows it stays 8-bit
/// while it only moves or adds values. The last convolution and what makes the mask of it stay in full precision: there is
/// no later layer to even out their rounding.
/// </summary>
public sealed class QuantizationPlan
{
    private readonly Dictionary<string, string> _scaleOf = new(StringComparer.Ordinal);
    private readonly List<NodeProto> _convolutions = [];

    /// <summary>Convolutions that run in int8, in the order of the file.</summary>
    public IReadOnlyList<NodeProto> Convolutions => _convolutions;

    /// <summary>Each convolution's Relu, where that is all that reads it: the lower end of an 8-bit range does the same.</summary>
    public Dictionary<NodeProto, NodeProto> AbsorbedRelus { get; } = [];

    /// <summary>Values that become 8-bit, each with the value whose range it has: its own, or that of the value that it is made of.</summary>
    public IReadOnlyDictionary<string, string> RangeOf => _scaleOf;

    /// <summary>Values whose range must be known.</summary>
    public IEnumerable<string> Ranges => _scaleOf.Values.Distinct(StringComparer.Ordinal);

    /// <param name="graph">In single precision, with the mask as its only output.</param>
    public static QuantizationPlan Of(GraphProto graph)
    {
        var plan = new QuantizationPlan();
        var weights = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var readers = graph.Readers();
        var tail = TailOf(graph);
        var image = graph.ImageInput().Name;
        plan._scaleOf[image] = image;
        foreach (var node in Sorted(graph).Where(node => !tail.Contains(node))) plan.Visit(node, weights, readers);
        return plan;
    }

    private void Visit(NodeProto node, HashSet<string> weights, ILookup<string, NodeProto> readers)
    {
        var output = node.Output[0];
        switch (node.OpType)
        {
            case "Conv" when _scaleOf.ContainsKey(node.Input[0]) && node.Input.Skip(1).All(weights.Contains):
                _convolutions.Add(node);
                if (readers[output].ToList() is [{ OpType: "Relu" } relu])
                {
                    AbsorbedRelus[node] = relu;
                    output = relu.Output[0];
                }
                _scaleOf[output] = output;
                break;
            case "Add" or "Concat" when node.Input.All(_scaleOf.ContainsKey):
                _scaleOf[output] = output;
                break;
            // What they give lies between what they get.
            case "MaxPool" or "Resize" when _scaleOf.TryGetValue(node.Input[0], out var range):
                _scaleOf[output] = range;
                break;
        }
    }

    /// <summary>The mask's maker and what it reads, back to the first convolution on every way.</summary>
    private static HashSet<NodeProto> TailOf(GraphProto graph)
    {
        var makers = graph.Makers();
        var tail = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        var open = new Stack<string>([graph.Output[0].Name]);
        while (open.TryPop(out var value))
        {
            if (!makers.TryGetValue(value, out var maker) || !tail.Add(maker) || maker.OpType == "Conv") continue;
            foreach (var input in maker.Input) open.Push(input);
        }
        return tail;
    }

    /// <summary>Makers before readers: files are not always in order.</summary>
    private static List<NodeProto> Sorted(GraphProto graph)
    {
        var makers = graph.Makers();
        var sorted = new List<NodeProto>(graph.Node.Count);
        var seen = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        foreach (var node in graph.Node) Add(node);
        return sorted;

        void Add(NodeProto node)
        {
            if (!seen.Add(node)) return;
            foreach (var input in node.Input)
                if (makers.TryGetValue(input, out var maker)) Add(maker);
            sorted.Add(node);
        }
    }
}
