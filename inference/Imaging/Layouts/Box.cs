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

    public Box Move(int right, int down) => this with { Left = Left + right, Top = Top + down };
}
