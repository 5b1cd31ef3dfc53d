using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Rembg.Bench;

/// <summary>What the figures were measured on, with what, and when. They compare within one run; machines differ.</summary>
internal static class Machine
{
    /// <param name="command">What repeats the measurement.</param>
    public static string Describe(string command)
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var busy = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        var libvips = string.Join('.', Enumerable.Range(0, 3).Select(part => NetVips.NetVips.Version(part)));
        return $"`{command}`, {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC: {Environment.ProcessorCount} cores of {processor} (load average {busy} before), "
            + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, "
            + $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}, libvips {libvips}";
    }
}
