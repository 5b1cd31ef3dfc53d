using System.Globalization;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Compatibility;

/// <summary>Where the subject is, in pixels of the answer.</summary>
internal sealed record RemoveBgForeground(int Left, int Top, int Width, int Height)
{
    /// <summary>Null when the pod did not say.</summary>
    public static RemoveBgForeground? Of(Cutout cutout) =>
        cutout.Foreground?.Split(' ') is [var left, var top, var width, var height] ? new(Number(left), Number(top), Number(width), Number(height)) : null;

    /// <summary>As remove.bg names its sides, in headers and in JSON.</summary>
    public IEnumerable<(string Name, int Value)> Named => [("top", Top), ("left", Left), ("width", Width), ("height", Height)];

    public void AddTo(IHeaderDictionary headers)
    {
        foreach (var (name, value) in Named) headers[$"X-Foreground-{char.ToUpperInvariant(name[0])}{name[1..]}"] = value.ToString(CultureInfo.InvariantCulture);
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
