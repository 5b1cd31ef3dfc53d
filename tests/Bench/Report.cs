using System.Globalization;

namespace Rembg.Bench;

/// <summary>Prints a scenario: Markdown for people, and for each figure a line <c>name=value</c> for programs.</summary>
internal sealed class Report(string scenario, TextWriter output)
{
    private readonly List<string> _figures = [];

    public void Heading() => Line(string.Create(CultureInfo.InvariantCulture, $"\n## {scenario}\n"));

    public void Line(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    public void Line(string text = "") => output.WriteLine(text);

    /// <summary>One row of a table; the second row is the alignment, e.g. <c>---:</c>.</summary>
    public void Row(params string[] cells) => output.WriteLine($"| {string.Join(" | ", cells)} |");

    public void Figure(string name, double value, string meaning)
    {
        output.WriteLine($"- {name}: {meaning}");
        _figures.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={value:0.####}"));
    }

    /// <summary>The figures, at the end of the scenario.</summary>
    public void Figures()
    {
        output.WriteLine();
        _figures.ForEach(output.WriteLine);
    }
}
