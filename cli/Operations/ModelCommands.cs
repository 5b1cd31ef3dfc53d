using System.CommandLine;

namespace Rembg.Cli.Operations;

/// <summary><c>models fetch</c> and <c>models calibrate</c>: <c>models/tool</c> under this name.</summary>
internal static class ModelCommands
{
    public static Command Create()
    {
        var folder = new Option<string?>("--models") { Description = "Folder of manifest.json; the checkout's without it." };
        var names = new Argument<string[]>("NAME") { Description = "Models of the manifest; its default without one.", Arity = ArgumentArity.ZeroOrMore };
        var fetch = new Command("fetch", "Fetches models, verifies and prepares them.") { names, folder };
        fetch.SetAction((parsed, _) => Models.Program.Main([.. Pair(parsed, folder), .. parsed.GetValue(names) ?? []]));

        var name = new Argument<string>("NAME") { Description = "A prepared model." };
        var photos = new Option<string>("--photos") { Description = "Folder of photographs to calibrate with.", Required = true };
        var verify = new Option<string?>("--verify") { Description = "Folder of photographs to verify on; without it some of --photos." };
        var calibrate = new Command("calibrate", "Finds the ranges of a model's int8 form.") { name, photos, verify, folder };
        calibrate.SetAction((parsed, _) => Models.Program.Main(["calibrate", parsed.GetRequiredValue(name), "--photos", parsed.GetRequiredValue(photos), .. Pair(parsed, verify), .. Pair(parsed, folder)]));
        return new("models", "Models for pods and for cutout --local.") { fetch, calibrate };
    }

    private static string[] Pair(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } value ? [option.Name, value] : [];
}
