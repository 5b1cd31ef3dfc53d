using Rembg.Simulation.Gateways;
using Rembg.Simulation.Pods;
using Rembg.Simulation.Stores;

namespace Rembg.Simulation;

/// <summary>
/// What things cost, once, for the chart's load step and for <c>./bench.sh simulate</c>. Each figure says where it is from:
/// measured (docs/benchmarks/README.md, on two cores of a Xeon virtual machine) or assumed. Put yours in to see yours.
/// </summary>
public static class Costs
{
    /// <summary>Seconds an image: 0.9 to 1.0 measured by <c>./bench.sh engine</c>; start: 7.2 s measured by <c>./bench.sh cold</c>; scheduling and pulling the image: assumed.</summary>
    public static readonly PodCost Cpu = new("two cores, 1024 x 1024", 0, 0.95, 0.15, 1, 7.2, 28, 2, 0, "image and cold start measured, placing assumed");

    /// <summary>Seconds an image: 0.19 to 0.2 measured by <c>MODEL=isnet-general-use-512 ./bench.sh engine</c>; start as above.</summary>
    public static readonly PodCost CpuFast = new("two cores, 512 x 512", 0, 0.2, 0.15, 1, 7.2, 28, 2, 0, "image and cold start measured, placing assumed");

    /// <summary>No GPU was at hand: all assumed, the start with that of a node.</summary>
    public static readonly PodCost Gpu = new("one GPU, 1024 x 1024", 0.03, 0.05, 0.15, 8, 20, 90, 4, 1, "assumed");

    /// <summary>
    /// CPU of a hit: 3.1 ms for 1.2 MB in and 1.5 MB out measured by <c>./bench.sh cache</c> on a busy machine. Of a miss: 5 ms,
    /// assumed from that and from the 4.3 ms that <c>./bench.sh gateway</c> adds. A probe: 0.06 ms, measured by hand over 20 s with
    /// 400 pods that answer at once. Cores and start: assumed. Bytes: those of the bench.
    /// </summary>
    public static readonly GatewayCost Gateway = new(0.005, 0.0031, 0.00006, 1.2e6, 1.5e6, 512 << 20, 0.5, 2, 15);

    /// <summary>All assumed: 10 Gbit/s, a volume of 250 MB/s, 100,000 commands a second of its one thread, and of the chart's 4 GiB the quarter that is left for results.</summary>
    public static readonly RedisCost Redis = new(1.25e9, 250e6, 100_000, 1L << 30);

    /// <summary>One of one's own, as a large platform has it: 25 Gbit/s, a local disk of 1 GB/s, 64 GiB of which a quarter is left for results. All assumed.</summary>
    public static readonly RedisCost LargeRedis = new(3.125e9, 1e9, 100_000, 16L << 30);
}
