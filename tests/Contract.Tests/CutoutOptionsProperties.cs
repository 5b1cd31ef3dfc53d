using FsCheck;
using FsCheck.Xunit;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Contract.Tests;

/// <summary>Whatever the parameters, they are options or a problem of the caller's; and options are the same after their canonical text.</summary>
public class CutoutOptionsProperties
{
    private static readonly string[] Names = ["model", "format", "quality", "channels", "size", "bg_color", "post_process_mask", "sise", ""];
    private static readonly string[] Values =
    [
        "png", "webp", "jpg", "jpeg", "zip", "rgba", "alpha", "full", "preview", "medium", "hd", "true", "False", "1", "0", "#fff", "0f08", "A1B2C3", "red", "Transparent",
        "isnet-anime", "-1", "NaN", "1e309", "2147483648", "", " ", "PNG", "0,1", "../x", "\r\nSet-Cookie: x", "a&size=hd", "é", "\0",
    ];

    [Property(MaxTest = 3000, Replay = "1,1")]
    public void ListedWords_InAnyCombination(NonNegativeInt[] picks) =>
        OptionsOrProblem(picks.Select(pick => KeyValuePair.Create(Names[pick.Get % Names.Length], Values[pick.Get / Names.Length % Values.Length])));

    [Property(MaxTest = 3000, Replay = "2,3")]
    public void AnyText_ForAnyName(NonNegativeInt name, string? value) =>
        OptionsOrProblem([KeyValuePair.Create(Names[name.Get % Names.Length], value ?? "")]);

    [Property(MaxTest = 1000, Replay = "4,5")]
    public void AnyName(string? name, string? value) => OptionsOrProblem([KeyValuePair.Create(name ?? "", value ?? "")]);

    [Property(MaxTest = 3000, Replay = "6,7")]
    public void AnyOptions_AreTheSameAfterTheirQuery(NonNegativeInt pick, byte r, byte g, byte b, byte a, bool background, bool mask)
    {
        var options = new CutoutOptions
        {
            Model = pick.Get % 2 == 0 ? null : $"model-{pick.Get}",
            Format = (OutputFormat)(pick.Get % 3),
            Channels = background ? OutputChannels.Rgba : (OutputChannels)(pick.Get % 2),
            Size = (OutputSize)(pick.Get % 4),
            Background = background ? new(r, g, b, a) : null,
            PostProcessMask = mask,
        };

        Parse(options.ToQuery()).ShouldBe(options);
    }

    [Property(MaxTest = 3000, Replay = "8,9")]
    public void AnyText_IsAColourThatIsTheSameAfterItsText_OrNone(string? text)
    {
        if (!Rgba.TryParse(text ?? "", out var colour)) return;
        Rgba.TryParse(colour.ToString(), out var again).ShouldBeTrue();
        again.ShouldBe(colour);
    }

    [Property(MaxTest = 1000, Replay = "10,11")]
    public void AnyColour_IsReadBackAsItself(byte r, byte g, byte b, byte a)
    {
        Rgba.TryParse($"#{new Rgba(r, g, b, a)}".ToUpperInvariant(), out var read).ShouldBeTrue();
        read.ShouldBe(new Rgba(r, g, b, a));
    }

    private static void OptionsOrProblem(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        try
        {
            var options = CutoutOptions.Parse(parameters);
            Parse(options.ToQuery()).ShouldBe(options);
        }
        catch (ProblemException refused)
        {
            refused.Problem.Status.ShouldBe(400);
            refused.Problem.Detail.ShouldNotBeNull().ShouldAllBe(c => c >= ' ' && c < (char)127, "what a client made up is not repeated");
        }
    }

    private static CutoutOptions Parse(string query) => CutoutOptions.Parse(query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('='))
        .Select(pair => KeyValuePair.Create(Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1]))));
}
