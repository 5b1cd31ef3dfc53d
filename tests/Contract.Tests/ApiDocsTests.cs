using Rembg.Contract.Cutouts;
using Rembg.Testing;

namespace Rembg.Contract.Tests;

/// <summary>The table of options in docs/api.md is written from <see cref="CutoutOption.All"/>.</summary>
public class ApiDocsTests
{
    private const string Start = "<!-- options: written by a test from contract/Cutouts/CutoutOption.cs -->\n";
    private const string End = "<!-- end of options -->";
    private static readonly string Page = Path.Combine(RepositoryPaths.Root, "docs", "api.md");

    [Fact]
    public void OptionsTable_IsThatOfTheCode()
    {
        var text = File.ReadAllText(Page);
        var (start, end) = (text.IndexOf(Start, StringComparison.Ordinal) + Start.Length, text.IndexOf(End, StringComparison.Ordinal));
        var expected = text[..start] + Table() + text[end..];
        if (Environment.GetEnvironmentVariable("REMBG_WRITE_DOCS") is { Length: > 0 }) File.WriteAllText(Page, expected);

        File.ReadAllText(Page).ShouldBe(expected, "docs/api.md is out of date; write it with: REMBG_WRITE_DOCS=1 ./test.sh --fast --filter ApiDocs");
    }

    [Theory]
    [InlineData("docs/api.md")]
    [InlineData("gateway/Page/site/index.html")]
    public void FormatsThatAreRead_AreNamed(string file) => File.ReadAllText(Path.Combine(RepositoryPaths.Root, file)).ShouldContain(InputFormat.Names);

    [Fact]
    public void ThePage_LetsPeopleChooseWhatIsRead() => File.ReadAllText(Path.Combine(RepositoryPaths.Root, "gateway/Page/site/index.html"))
        .ShouldContain($"accept=\"{string.Join(',', InputFormat.All.Select(format => format.ContentType))}\"");

    private static string Table() =>
        "| option | values | what it does |\n|---|---|---|\n" + string.Concat(CutoutOption.All.Select(option => $"| `{option.Name}` | {Values(option)} | {option.Text} |\n"));

    private static string Values(CutoutOption option) => option.Values is { } values
        ? string.Join(", ", values.Select((value, index) => index == 0 ? $"`{value}` (default)" : $"`{value}`"))
        : option.Rule.Replace("must be ", "", StringComparison.Ordinal);
}
