using CliWrap;
using CliWrap.Buffered;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>Debian's promtool.</summary>
internal static class Promtool
{
    /// <exception cref="ShouldAssertException">It found something; says what.</exception>
    public static async Task<string> RunAsync(string workingDirectory, params IEnumerable<string> arguments)
    {
        var promtool = await Cli.Wrap("promtool").WithArguments(arguments).WithWorkingDirectory(workingDirectory)
            .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        promtool.ExitCode.ShouldBe(0, promtool.StandardOutput + promtool.StandardError);
        return promtool.StandardOutput;
    }
}
