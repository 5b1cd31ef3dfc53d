namespace Rembg.Inference.Imaging;

/// <summary>A rectangle of whole pixels.</summary>
public readonly record struct Box(int Left, int Top, int Width, int Height)
{
    public int Right => Left + Width;
    public int Bottom => Top + Height;
    public bool IsEmpty => Width <= 0 || Height <= 0;

    /// <summary>What both cover; empty when they do not meet.</summary>
    public Box Intersect(Box other)
    {
        var (left, top) = (Math.Max(Left, other.Left), Math.Max(Top, other.Top));
        return new(left, top, Math.Max(0, Math.Min(Right, other.Right) - left), Math.Max(0, Math.Min(Bottom, other.Bottom) - top));
    }

    /// <summary>The same place in a picture of another size, to the nearest pixels; at least one pixel each way.</summary>
    public Box Scale(int width, int height, int newWidth, int newHeight)
    {
        var (left, right) = ScaleSide(Left, Right, width, newWidth);
        var (top, bottom) = ScaleSide(Top, Bottom, height, newHeight);
        return new(left, top, right - left, bottom - top);
    }

    /// <summary>"left top width height", the value of <see cref="Contract.PodHeaders.Foreground"/>.</summary>
    public override string ToString() => $"{Left} {Top} {Width} {Height}";

    private static (int From, int To) ScaleSide(int from, int to, int size, int newSize)
    {
        var start = Math.Min((int)Math.Round((double)from * newSize / size), newSize - 1);
        return (start, Math.Max(start + 1, (int)Math.Round((double)to * newSize / size)));
    }

    public Box Move(int right, int down) => this with { Left = Left + right, Top = Top + down };
}
