using System.CommandLine;
using Rembg.Cli.Cutout;
using Rembg.Cli.Operations;

namespace Rembg.Cli;

/// <summary><c>rembg-platform</c>: every command, each with <c>--help</c>.</summary>
public static class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args, new(), CancellationToken.None);

    /// <returns>An exit code: <see cref="ExitCode"/>.</returns>
    internal static async Task<int> RunAsync(string[] args, InvocationConfiguration io, CancellationToken cancellation)
    {
        var root = new RootCommand("Removes the background of photos, with a server of Rembg Platform or without one.")
        {
            CutoutCommand.Create(),
            ModelCommands.Create(),
            GatewayCommands.Keys(),
            GatewayCommands.Tasks(),
        };
        var parsed = root.Parse(args);
        var code = await parsed.InvokeAsync(io, cancellation);
        return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
    }
}
