using Rembg.Simulation;
using Rembg.Simulation.Platform;
using Rembg.Simulation.Pods;
using Rembg.Simulation.Stores;

namespace Rembg.Bench;

/// <summary>What callers ask for, and whom.</summary>
/// <param name="Images">How many different ones there are, and how unequally they are asked for.</param>
/// <param name="Tasks">Share that comes in the background.</param>
/// <param name="UploadsMiB">That a gateway holds: Uploads:MaxBytesInFlight.</param>
internal sealed record SimulatedSettings(HitShare Images, double Tasks, double UploadsMiB)
{
    /// <summary>Of a gateway's memory, and of Redis for what that does not have.</summary>
    public (double Memory, double Redis) Hits(PlatformSetup setup, RedisCost redis, int gateways, double perSecond)
    {
        const double Lifetime = 3600, MemoryBytes = 256 << 20;
        var memory = Images.Of(perSecond / gateways, MemoryBytes / setup.Gateway.AnswerBytes, Lifetime);
        var both = Images.Of(perSecond, redis.CacheBytes / setup.Gateway.AnswerBytes, Lifetime);
        return (memory, Math.Max(0, both - memory) / (1 - memory));
    }
}

/// <summary>One load on one kind of pod, in one or more cells that know nothing of each other and are alike: one is simulated.</summary>
internal sealed record SimulatedLoad(ChartValues Chart, PodCost Pod, RedisCost Redis, SimulatedSettings Settings, double PerSecond, int Cells)
{
    private const double Settled = 300, StepAt = 600, DropAt = 1200, End = 1500, CrashesPerPodHour = 0.05, WorstShare = 0.001;

    public SimulatedResult Run()
    {
        var load = PerSecond / Cells;
        var setup = Setup(Chart, Pod, Redis, Settings, load);
        var burst = new SimulatedPlatform(setup).Run(End, now => now is >= StepAt and < DropAt ? 5 * load : load);
        var zone = new SimulatedPlatform(setup with { Failures = setup.Failures with { ZoneLostAt = StepAt } }).Run(End, _ => load);
        var patience = 5 * (Pod.PerImage * Pod.MaxBatch + Pod.Fixed);
        var steady = burst.Syncs.Where(s => s.Time is > Settled and < StepAt).ToList();
        var raised = burst.Syncs.Where(s => s.Time is > StepAt and < DropAt).ToList();
        return new(this, setup.Hits,
            Pods: steady.Average(s => s.Wanted), Gateways: steady.Average(s => s.GatewaysWanted), RedisUse: steady.Average(s => s.Use),
            TasksRefused: Share(burst.TasksRefused(Settled, StepAt), Settings.Tasks * burst.Offered(Settled, StepAt)),
            P50: burst.Latency(0.5, Settled, StepAt), P95: burst.Latency(0.95, Settled, StepAt),
            BurstPods: raised.Max(s => s.Wanted), BurstGateways: raised.Max(s => s.GatewaysWanted), BurstRedisUse: raised.Max(s => s.Use),
            BurstRefused: Share(burst.Refused(StepAt, DropAt) + burst.Lost(StepAt, DropAt), burst.Offered(StepAt, DropAt)),
            BurstNoMemory: Share(burst.RefusedByGateways(StepAt, DropAt), burst.Offered(StepAt, DropAt)),
            BurstTasksRefused: Share(burst.TasksRefused(StepAt, DropAt), Settings.Tasks * burst.Offered(StepAt, DropAt)),
            BurstRecovered: burst.Recovered(StepAt, DropAt, patience, WorstShare),
            ZoneFailed: Share(zone.Refused(StepAt, StepAt + 60) + zone.Lost(StepAt, StepAt + 60), zone.Offered(StepAt, StepAt + 60)),
            ZoneRecovered: zone.Recovered(StepAt, End, patience, WorstShare));
    }

    /// <summary>
    /// The chart's platform, started with what the sizing rules give the load, and with upper limits for the
    /// autoscalers as an operator would set them: half as much again as they give five times the load.
    /// </summary>
    public static PlatformSetup Setup(ChartValues chart, PodCost pod, RedisCost redis, SimulatedSettings settings, double load)
    {
        var setup = chart.Setup(pod);
        var gateways = Gateways(load);
        var hits = settings.Hits(setup, redis, gateways, load);
        var misses = settings.Tasks + (1 - settings.Tasks) * (1 - hits.Memory) * (1 - hits.Redis);
        var quarter = chart.Redis.MaxMemoryMiB * (1 << 20) / 4;
        setup.PodScaling.MaxReplicas = (int)Math.Ceiling(1.5 * Math.Max(pod.PodsFor(5 * load * misses), setup.PodScaling.MinReplicas!.Value));
        setup.GatewayScaling.MaxReplicas = (int)Math.Ceiling(1.5 * Gateways(5 * load));
        return setup with
        {
            Gateway = setup.Gateway with { MaxBytesInFlight = settings.UploadsMiB * (1 << 20) },
            Redis = redis,
            Hits = hits,
            Tasks = (settings.Tasks, (int)Math.Min(1000, quarter / setup.Gateway.UploadBytes)),
            FirstPods = pod.PodsFor(load * misses),
            FirstGateways = gateways,
            Failures = setup.Failures with { CrashesPerPodHour = CrashesPerPodHour },
        };

        int Gateways(double perSecond) => Math.Max(chart.Gateway.Autoscaling.MinReplicas,
            (int)Math.Ceiling(perSecond * setup.Gateway.MissSeconds / (setup.Gateway.RequestedCores * chart.Gateway.Autoscaling.CpuUtilization / 100)));
    }

    private static double Share(double part, double whole) => whole == 0 ? 0 : part / whole;
}

/// <summary>What came of it, for one cell; seconds, and shares of what was asked.</summary>
internal sealed record SimulatedResult(
    SimulatedLoad Load, (double Memory, double Redis) Hits, double Pods, double Gateways, double RedisUse, double TasksRefused, double P50, double P95,
    int BurstPods, int BurstGateways, double BurstRedisUse, double BurstRefused, double BurstNoMemory, double BurstTasksRefused, double BurstRecovered, double ZoneFailed, double ZoneRecovered)
{
    public double HitShare => Hits.Memory + (1 - Hits.Memory) * Hits.Redis;

    /// <summary>Share of images that a pod makes.</summary>
    public double Made => Load.Settings.Tasks + (1 - Load.Settings.Tasks) * (1 - HitShare);

    public string Name => $"{(Load.Pod.Gpus > 0 ? "gpu" : "cpu")}_{Load.PerSecond:0}";
}
