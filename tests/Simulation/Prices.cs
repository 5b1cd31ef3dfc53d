using Rembg.Simulation.Gateways;
using Rembg.Simulation.Pods;

namespace Rembg.Simulation;

/// <summary>What is paid, in one currency. The defaults are round figures to compare with, and nobody's list price.</summary>
/// <param name="CoreHour">A virtual CPU with its 2 to 4 GiB of memory.</param>
/// <param name="GpuHour">An inference GPU, without the cores beside it.</param>
public sealed record Prices(double CoreHour = 0.04, double GpuHour = 0.80)
{
    /// <summary>For a million images at a steady rate; Redis, network and disks are not in it.</summary>
    public double Million(PodCost pod, double pods, GatewayCost gateway, double gateways, double perSecond) =>
        (pods * (pod.Cores * CoreHour + pod.Gpus * GpuHour) + gateways * gateway.RequestedCores * CoreHour) / (perSecond * 3600) * 1e6;
}
