namespace Rembg.Inference.Imaging;

/// <summary>Bounding box, in pixels of the answer, of what is not fully transparent; all zero when nothing is.</summary>
public readonly record struct Foreground(int Left, int Top, int Width, int Height)
{
    /// <summary>"left top width height", the value of <see cref="Contract.PodHeaders.Foreground"/>.</summary>
    public override string ToString() => $"{Left} {Top} {Width} {Height}";

    /// <summary>
    /// Reads the alpha from each side only until something shows: exact, for a small part of what reading all of it costs.
    /// </summary>
    internal static Foreground Of(Func<Side, RowSource> alpha)
    {
        var top = EmptyLines(alpha(Side.Top), out var height);
        if (top == height) return default;
        var left = EmptyLines(alpha(Side.Left), out var width);
        return new(left, top, width - left - EmptyLines(alpha(Side.Right), out _), height - top - EmptyLines(alpha(Side.Bottom), out _));
    }

    private static int EmptyLines(RowSource alpha, out int lines)
    {
        using (alpha)
        {
            lines = alpha.Height;
            var empty = 0;
            while (empty < lines && alpha.Next().IndexOfAnyExcept((byte)0) < 0) empty++;
            return empty;
        }
    }
}
