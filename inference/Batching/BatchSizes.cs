namespace Rembg.Inference.Batching;

/// <summary>
/// The batch dimensions that a model may run at. A small, fixed set keeps the memory arena stable and every shape
/// warmed up (TensorFlow Serving's allowed_batch_sizes).
/// </summary>
public sealed class BatchSizes
{
    private readonly int[] _sizes;

    /// <param name="sizes">Positive; 1 is always added, since isolation and a lone request need it.</param>
    public BatchSizes(IEnumerable<int> sizes) => _sizes = [.. sizes.Append(1).Where(s => s > 0).Distinct().Order()];

    public static BatchSizes OneByOne { get; } = new([1]);
    public IReadOnlyList<int> All => _sizes;
    public int Largest => _sizes[^1];

    /// <summary>
    /// How many of the waiting images to take, and the dimension to run them at: up to the next allowed size, padded, when
    /// that costs less time per image than the full batch below it; else that full batch.
    /// </summary>
    public (int Take, int RunAt) Choose(int waiting, Func<int, TimeSpan> cost)
    {
        if (waiting >= Largest) return (Largest, Largest);
        var below = _sizes.Last(size => size <= waiting);
        if (below == waiting) return (below, below);
        var above = _sizes.First(size => size > waiting);
        return cost(above) / waiting < cost(below) / below ? (waiting, above) : (below, below);
    }
}
