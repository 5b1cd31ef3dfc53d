namespace Rembg.Inference.Imaging;

/// <summary>Bounding box, in pixels of the answer, of what is not fully transparent; all zero when nothing is.</summary>
public readonly record struct Foreground(int Left, int Top, int Width, int Height)
{
    /// <summary>"left top width height", the value of <see cref="Contract.PodHeaders.Foreground"/>.</summary>
    public override string ToString() => $"{Left} {Top} {Width} {Height}";

    internal static Foreground Of(RowSource alpha)
    {
        int left = int.MaxValue, right = -1, top = -1, bottom = -1;
        for (var y = 0; y < alpha.Height; y++)
        {
            var row = alpha.Next();
            var first = row.IndexOfAnyExcept((byte)0);
            if (first < 0) continue;
            if (top < 0) top = y;
            bottom = y;
            left = Math.Min(left, first);
            right = Math.Max(right, row.LastIndexOfAnyExcept((byte)0));
        }
        return bottom < 0 ? default : new(left, top, right - left + 1, bottom - top + 1);
    }
}
