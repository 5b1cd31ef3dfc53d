using System.Runtime.InteropServices;

namespace Rembg.Bench;

/// <summary>What the figures were measured on. They compare within one run; machines differ.</summary>
internal static class Machine
{
    public static void Describe(TextWriter output, IEnumerable<string> arguments)
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        output.WriteLine($"`./bench.sh {string.Join(' ', arguments)}`, {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC: {Environment.ProcessorCount} cores of {processor}, "
            + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
    }
}
