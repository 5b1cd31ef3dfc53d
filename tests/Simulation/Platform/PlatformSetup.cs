using k8s.Models;
using Rembg.Simulation.Gateways;
using Rembg.Simulation.Pods;
using Rembg.Simulation.Stores;

namespace Rembg.Simulation.Platform;

/// <summary>A platform to simulate: what the chart says, what things cost, and what goes wrong.</summary>
public sealed record PlatformSetup
{
    public required PodCost Pod { get; init; }

    /// <summary>Admission:MaxRequests.</summary>
    public required int MaxRequests { get; init; }

    public required V2HorizontalPodAutoscalerSpec PodScaling { get; init; }

    /// <summary>The most that the adapter's query says of a pod, by metric.</summary>
    public required IReadOnlyDictionary<string, double> Bounds { get; init; }

    public required GatewayCost Gateway { get; init; }
    public required V2HorizontalPodAutoscalerSpec GatewayScaling { get; init; }
    public PodRules Rules { get; init; } = new();

    /// <summary>None: each gateway has its memory only.</summary>
    public RedisCost? Redis { get; init; }

    /// <summary>Share of requests that a gateway's memory answers, and, of the others, that Redis does.</summary>
    public (double Memory, double Redis) Hits { get; init; }

    /// <summary>Share of requests that are tasks, and how many may wait.</summary>
    public (double Share, int MaxWaiting) Tasks { get; init; }

    public Failures Failures { get; init; } = new();

    /// <summary>Pods that are there and ready at the start; fewer than the autoscaler's least are not.</summary>
    public int FirstPods { get; init; }

    public int FirstGateways { get; init; }

    /// <summary>Seconds of a step.</summary>
    public double Step { get; init; } = 0.02;

    public int Seed { get; init; } = 4711;
}

/// <summary>What goes wrong.</summary>
/// <param name="CrashesPerPodHour">Pods that die of themselves; their container starts again.</param>
/// <param name="ZoneLostAt">When a third of the nodes falls silent, gateways and pods; NaN: never.</param>
/// <param name="EvictionSeconds">Until Kubernetes replaces the pods of a silent node: it takes a while to notice, and then waits as long as the pod tolerates that, 300 s unless told otherwise.</param>
/// <param name="BalancerSeconds">Until the load balancer sends nothing more to a gateway that is silent.</param>
public sealed record Failures(double CrashesPerPodHour = 0, double ZoneLostAt = double.NaN, double EvictionSeconds = Failures.NoticeSeconds + 300, double BalancerSeconds = 10)
{
    /// <summary>Kubernetes' node-monitor-grace-period.</summary>
    public const double NoticeSeconds = 50;

    /// <summary>Two probes that each wait their 2 s, and 2 s before each; a broken connection is noticed at once.</summary>
    public const double ProbesNotice = 8;
}
