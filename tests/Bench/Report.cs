using System.Globalization;
using System.Text;

namespace Rembg.Bench;

/// <summary>
/// Prints a scenario: Markdown for people, and for each figure a line <c>name=value</c> for programs. Writes the same page to
/// a folder: <c>artifacts/bench/</c>, or with <c>--record</c> <c>docs/benchmarks/</c>, to be committed with what it measured.
/// </summary>
internal sealed class Report(string scenario, TextWriter output, string folder)
{
    private readonly List<string> _figures = [];
    private readonly StringBuilder _page = new();

    public void Line(FormattableString text) => Line(text.ToString(CultureInfo.InvariantCulture));

    public void Line(string text = "")
    {
        output.WriteLine(text);
        _page.AppendLine(text);
    }

    /// <summary>One row of a table; the second row is the alignment, e.g. <c>---:</c>.</summary>
    public void Row(params string[] cells) => Line($"| {string.Join(" | ", cells)} |");

    public void Figure(string name, double value, string meaning)
    {
        Line($"- {name}: {meaning}");
        _figures.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={value:0.####}"));
    }

    /// <summary>A chart beside the page.</summary>
    public void Chart(string svg) => File.WriteAllText(Path($"{scenario}.svg"), svg);

    public void Open()
    {
        Line($"# {scenario}");
        Line();
        var model = Environment.GetEnvironmentVariable("MODEL") is { Length: > 0 } chosen ? $"MODEL={chosen} " : "";
        Line(Machine.Describe($"{model}./bench.sh {scenario}"));
        Line();
    }

    /// <summary>The figures, and the page on disk.</summary>
    public void Close()
    {
        Line();
        output.WriteLine(string.Join('\n', _figures));
        _page.AppendLine("```").AppendJoin('\n', _figures).AppendLine().AppendLine("```");
        File.WriteAllText(Path($"{scenario}.md"), _page.ToString());
    }

    private string Path(string name) => System.IO.Path.Combine(folder, name);
}
