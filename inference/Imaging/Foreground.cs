using System.Runtime.InteropServices;

namespace Rembg.Inference.Imaging;

/// <summary>Finds the subject in a mask.</summary>
internal static class Foreground
{
    /// <summary>Least alpha of what counts as subject: 10 %. Below it lie the halos that a model leaves on background.</summary>
    public const byte VisibleAlpha = 26;

    /// <summary>Components with fewer pixels than the largest over this are specks: 0.1 %.</summary>
    private const int SpeckRatio = 1000;

    /// <summary>The box of all that is subject in the mask, without specks, widened by one pixel of the mask for the resizer's soft edge.</summary>
    /// <param name="mask">At the model's size.</param>
    /// <param name="threshold">Least alpha of the subject.</param>
    /// <param name="width">Of the picture that the mask is for, in pixels.</param>
    /// <param name="height">Likewise.</param>
    /// <returns>In pixels of that picture; empty when there is no subject.</returns>
    public static Box Of(Mask mask, byte threshold, int width, int height)
    {
        // 1. The subject: every 8-connected component but the specks.
        var components = FindComponents(mask, threshold);
        var largest = components.Select(component => component.Pixels).DefaultIfEmpty().Max();
        var subject = components.FindAll(component => component.Pixels > 0 && (long)component.Pixels * SpeckRatio >= largest);
        if (subject.Count == 0) return default;

        // 2. Its box, in pixels of the mask; 3. in pixels of the answer.
        var (left, right) = Scale(subject.Min(c => c.Left) - 1, subject.Max(c => c.Right) + 1, mask.Width, width);
        var (top, bottom) = Scale(subject.Min(c => c.Top) - 1, subject.Max(c => c.Bottom) + 1, mask.Height, height);
        return new(left, top, right - left, bottom - top);
    }

    /// <summary>To another size, outwards to whole pixels, and not beyond the borders.</summary>
    private static (int From, int To) Scale(int from, int to, int size, int newSize) =>
        ((int)((long)Math.Max(0, from) * newSize / size), (int)(((long)Math.Min(size, to) * newSize + size - 1) / size));

    /// <summary>Joins the runs of each row to those that they touch in the row above (union-find). Components that became part of another have no pixels.</summary>
    private static List<Component> FindComponents(Mask mask, byte threshold)
    {
        List<Component> components = [];
        List<Run> above = [], current = [];
        for (var y = 0; y < mask.Height; y++)
        {
            var row = mask.Values.AsSpan(y * mask.Width, mask.Width);
            var first = 0; // run above that can touch this one or a later one
            for (var end = 0; NextRun(row, threshold, end) is (var start and >= 0, var next); end = next)
            {
                while (first < above.Count && above[first].End < start) first++;
                var component = components.Count;
                components.Add(new() { Parent = component, Pixels = next - start, Left = start, Top = y, Right = next, Bottom = y + 1 });
                for (var i = first; i < above.Count && above[i].Start <= next; i++) component = Join(components, above[i].Component, component);
                current.Add(new(start, next, component));
            }
            (above, current) = (current, above);
            current.Clear();
        }
        return components;
    }

    /// <summary>The next run of pixels at or over the threshold; a start below zero when there is none.</summary>
    private static (int Start, int End) NextRun(ReadOnlySpan<byte> row, byte threshold, int from)
    {
        var start = row[from..].IndexOfAnyInRange(threshold, byte.MaxValue);
        if (start < 0) return (-1, row.Length);
        start += from;
        var length = row[start..].IndexOfAnyExceptInRange(threshold, byte.MaxValue);
        return (start, length < 0 ? row.Length : start + length);
    }

    private static int Join(List<Component> components, int one, int other)
    {
        var all = CollectionsMarshal.AsSpan(components);
        var (to, from) = (Root(all, one), Root(all, other));
        if (to == from) return to;
        ref var kept = ref all[to];
        ref var taken = ref all[from];
        kept = new()
        {
            Parent = to,
            Pixels = kept.Pixels + taken.Pixels,
            Left = Math.Min(kept.Left, taken.Left),
            Top = Math.Min(kept.Top, taken.Top),
            Right = Math.Max(kept.Right, taken.Right),
            Bottom = Math.Max(kept.Bottom, taken.Bottom),
        };
        taken = new() { Parent = to };
        return to;
    }

    private static int Root(Span<Component> components, int index)
    {
        while (components[index].Parent != index) index = components[index].Parent = components[components[index].Parent].Parent;
        return index;
    }

    /// <param name="Start">First column.</param>
    /// <param name="End">The column behind the last.</param>
    /// <param name="Component">Index.</param>
    private readonly record struct Run(int Start, int End, int Component);

    /// <summary>Right and bottom are behind the last pixel.</summary>
    private struct Component
    {
        public int Parent, Pixels, Left, Top, Right, Bottom;
    }
}
