using System.Globalization;

namespace Rembg.Contract.Hosting;

/// <summary>
/// How many connections the process may hold. Each takes a file descriptor, and a runtime that gets none for itself ends the
/// process: "Out of memory." after 1,228 connections with a limit of 1,024 (issue 27).
/// </summary>
public static class OpenFiles
{
    /// <summary>For assemblies, native libraries, logs, and sockets to pods and Redis.</summary>
    private const int ReservedForUs = 512;

    /// <summary>At least 64; without bound where the system names no limit.</summary>
    public static int MaxConnections { get; } = Limit() is { } limit ? Math.Max(64, limit - ReservedForUs) : int.MaxValue;

    /// <summary>The soft limit, which the runtime has raised to the hard one when it started.</summary>
    private static int? Limit()
    {
        if (!OperatingSystem.IsLinux()) return null;
        const string name = "Max open files";
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) ?? "";
        return int.TryParse(line[Math.Min(name.Length, line.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(), CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
