using Rembg.Simulation.Gateways;
using Rembg.Simulation.Pods;
using Rembg.Simulation.Stores;

namespace Rembg.Simulation;

/// <summary>A part that a platform without cells has once, or once for each of its pods, and the load at which it is used up.</summary>
/// <param name="Id">For a figure's name.</param>
/// <param name="PerSecond">Images a second.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record Ceiling(string Id, string What, double PerSecond, string Remedy)
{
    /// <summary>A DNS answer is at most 65,535 bytes long, also over TCP (RFC 1035, 4.2.2), and an address in it takes 16.</summary>
    private const double MostDnsAddresses = (65_535 - 100) / 16.0;

    /// <summary>For one kind of pod, the lowest first.</summary>
    /// <param name="misses">Share of images that a pod makes.</param>
    /// <param name="tasks">Share of images that come as tasks.</param>
    public static IReadOnlyList<Ceiling> All(ChartValues chart, PodCost pod, GatewayCost gateway, RedisCost redis, double misses, double tasks)
    {
        var made = misses * (1 - tasks) + tasks;
        var perPod = 0.75 * pod.Capacity / made;
        var quarter = chart.Redis.MaxMemoryMiB * (1 << 20) / 4;
        var gatewaySeconds = made * gateway.MissSeconds + (1 - made) * gateway.HitSeconds + tasks * gateway.MissSeconds;
        var gatewayCores = gateway.RequestedCores * chart.Gateway.Autoscaling.CpuUtilization / 100;
        var (written, read) = (made * gateway.AnswerBytes + tasks * (gateway.UploadBytes + gateway.AnswerBytes), tasks * (gateway.UploadBytes + gateway.AnswerBytes));
        List<Ceiling> all =
        [
            new("task_results", "results of tasks, kept for an hour in a quarter of Redis' memory", quarter / gateway.AnswerBytes / 3600 / tasks, "clients delete what they have fetched; Tasks__Retention of minutes; more memory"),
            new("max_pods", "inference.autoscaling.maxReplicas of the defaults", chart.Inference.Autoscaling.MaxReplicas * perPod, "raise it"),
            new("max_gateways", "gateway.autoscaling.maxReplicas of the defaults, at their target", chart.Gateway.Autoscaling.MaxReplicas * gatewayCores / gatewaySeconds, "raise it"),
            new("redis_disk", "Redis' append-only file, into which cached results go as well", redis.DiskBytes / written, "a faster disk; one Redis for results without the file, and one for tasks (not built yet); cells"),
            new("redis_network", "Redis' network", redis.NetworkBytes / Math.Max(written, read), "cells"),
            new("redis_thread", "Redis' one thread: a limit, a look and a write an image, ten commands a task", redis.Operations / (3 + 10 * tasks), "cells"),
            new("dns", "addresses in one DNS answer for the pods' headless service", MostDnsAddresses * perPod, "cells; or the gateway reads EndpointSlices (not built)"),
            new("probes", "each gateway's target CPU, spent on asking every pod how it is", gatewayCores / (2 / GatewayCost.ProbeEverySeconds * gateway.ProbeSeconds) * perPod, "Pods__ProbeEvery of 10 s; cells"),
        ];
        return [.. all.OrderBy(ceiling => ceiling.PerSecond)];
    }
}
