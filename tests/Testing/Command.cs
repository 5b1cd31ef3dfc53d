using System.Diagnostics;

namespace Rembg.Testing;

/// <summary>A program that is run to its end.</summary>
public static class Command
{
    /// <returns>What it wrote, standard output and then errors, without surrounding white space.</returns>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return $"{await output}{await errors}".Trim();
    }
}
