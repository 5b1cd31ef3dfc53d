using System.Globalization;
using System.Net;
using System.Text;

namespace Rembg.Bench;

/// <summary>Grouped bars in SVG, panel beside panel, each with its own scale from zero.</summary>
/// <param name="title">Above everything.</param>
/// <param name="groups">Under the bars, e.g. numbers of clients.</param>
/// <param name="series">The bars of a group, one colour each, at most four.</param>
internal sealed class BarChart(string title, string[] groups, string[] series)
{
    private const int Bar = 16, Gap = 18, Height = 180, Top = 96, Margin = 24;

    // Told apart by people who see few colours, too (Okabe and Ito).
    private static readonly string[] Colours = ["#999999", "#E69F00", "#0072B2", "#009E73"];

    private readonly StringBuilder _panels = new();
    private int _left = Margin;

    /// <param name="name">What is shown, and in which unit.</param>
    /// <param name="value">Of a group and a series; NaN where there is nothing to show.</param>
    public void Panel(string name, Func<int, int, double> value)
    {
        var most = (from g in Enumerable.Range(0, groups.Length) from s in Enumerable.Range(0, series.Length) select value(g, s)).Where(double.IsFinite).Max();
        var width = groups.Length * (series.Length * Bar + Gap);
        Text(_left, Top - 20, name, "bold");
        for (var g = 0; g < groups.Length; g++)
        {
            var from = _left + g * (series.Length * Bar + Gap);
            for (var s = 0; s < series.Length; s++)
            {
                var number = value(g, s);
                var high = double.IsFinite(number) ? (int)Math.Round(number / most * (Height - 14)) : 0;
                var x = from + s * Bar;
                _panels.AppendLine(Invariant($"""<rect x="{x}" y="{Top + Height - high}" width="{Bar - 2}" height="{high}" fill="{Colours[s]}"/>"""));
                var label = double.IsFinite(number) ? number.ToString(number < 10 ? "0.0#" : "0", CultureInfo.InvariantCulture) : "none";
                _panels.AppendLine(Invariant($"""<text x="{x + Bar / 2 - 1}" y="{Top + Height - high - 4}" font-size="8" text-anchor="middle">{label}</text>"""));
            }
            Text(from, Top + Height + 16, groups[g]);
        }
        _panels.AppendLine(Invariant($"""<line x1="{_left}" y1="{Top + Height}" x2="{_left + width - Gap}" y2="{Top + Height}" stroke="#666"/>"""));
        _left += width + Margin;
    }

    public override string ToString()
    {
        var svg = new StringBuilder(Invariant(
            $"""<svg xmlns="http://www.w3.org/2000/svg" width="{_left}" height="{Top + Height + 32}" font-family="sans-serif" font-size="12" fill="#222"><rect width="100%" height="100%" fill="white"/>"""));
        svg.AppendLine().AppendLine(Invariant($"""<text x="{Margin}" y="24" font-size="15" font-weight="bold">{WebUtility.HtmlEncode(title)}</text>"""));
        for (var s = 0; s < series.Length; s++)
        {
            svg.AppendLine(Invariant($"""<rect x="{Margin + s * 190}" y="38" width="12" height="12" fill="{Colours[s]}"/>"""));
            svg.AppendLine(Invariant($"""<text x="{Margin + 18 + s * 190}" y="48">{WebUtility.HtmlEncode(series[s])}</text>"""));
        }
        return svg.Append(_panels).AppendLine("</svg>").ToString();
    }

    private void Text(int x, int y, string text, string weight = "normal") =>
        _panels.AppendLine(Invariant($"""<text x="{x}" y="{y}" font-weight="{weight}">{WebUtility.HtmlEncode(text)}</text>"""));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
