using k8s;
using k8s.Models;
using Rembg.Simulation.Gateways;
using Rembg.Simulation.Platform;
using Rembg.Simulation.Pods;

namespace Rembg.Simulation;

/// <summary>What the chart's values.yaml says of how the platform scales, without Helm; tested against what Helm renders.</summary>
public sealed class ChartValues
{
    public required GatewayValues Gateway { get; set; }
    public required InferenceValues Inference { get; set; }
    public required RedisValues Redis { get; set; }
    public int NodeLostSeconds { get; set; }

    public static ChartValues Read(string path) => KubernetesYaml.Deserialize<ChartValues>(File.ReadAllText(path), strict: false);

    /// <summary>The platform of these values, with as many pods as it takes: its autoscalers' upper limits are lifted.</summary>
    /// <param name="meanConcurrency">Target of the pods' autoscaler; null takes the profile's.</param>
    public PlatformSetup Setup(PodCost pod, double? meanConcurrency = null)
    {
        var profile = Inference.Profiles[pod.Gpus > 0 ? "cuda" : "cpu"];
        var target = meanConcurrency ?? profile.MeanConcurrency;
        return new()
        {
            Pod = pod,
            MaxRequests = profile.MaxRequests,
            PodScaling = new()
            {
                ScaleTargetRef = new(), MinReplicas = Inference.Autoscaling.MinReplicas, MaxReplicas = int.MaxValue, Behavior = Inference.Autoscaling.Behavior,
                Metrics =
                [
                    ForPods("rembg_inference_mean_concurrency", target),
                    ForPods("rembg_inference_queue_compute_ratio", Inference.Autoscaling.QueueComputeRatio),
                    new() { Type = "External", External = new() { Metric = new() { Name = "rembg_tasks_backlog" }, Target = Average(Inference.Autoscaling.QueuedTasks) } },
                ],
            },
            Bounds = new Dictionary<string, double> { ["rembg_inference_mean_concurrency"] = 3 * target, ["rembg_inference_queue_compute_ratio"] = 3 * Inference.Autoscaling.QueueComputeRatio },
            Gateway = Costs.Gateway with { RequestedCores = Gateway.Resources.Requests["cpu"].ToDouble() },
            GatewayScaling = new()
            {
                ScaleTargetRef = new(), MinReplicas = Gateway.Autoscaling.MinReplicas, MaxReplicas = int.MaxValue,
                Metrics = [new() { Type = "Resource", Resource = new() { Name = "cpu", Target = new() { Type = "Utilization", AverageUtilization = Gateway.Autoscaling.CpuUtilization } } }],
            },
            Failures = new(EvictionSeconds: Failures.NoticeSeconds + NodeLostSeconds),
        };
    }

    private static V2MetricSpec ForPods(string name, double target) => new() { Type = "Pods", Pods = new() { Metric = new() { Name = name }, Target = Average(target) } };

    private static V2MetricTarget Average(double value) =>
        new() { Type = "AverageValue", AverageValue = new(value.ToString(System.Globalization.CultureInfo.InvariantCulture)) };
}

public sealed class GatewayValues
{
    public required ScalingValues Autoscaling { get; set; }
    public required V1ResourceRequirements Resources { get; set; }
}

public sealed class InferenceValues
{
    public required Dictionary<string, ProfileValues> Profiles { get; set; }
    public required ScalingValues Autoscaling { get; set; }
}

public sealed class ProfileValues
{
    public double MeanConcurrency { get; set; }
    public int MaxRequests { get; set; }
    public required V1ResourceRequirements Resources { get; set; }
}

public sealed class ScalingValues
{
    public int MinReplicas { get; set; }
    public int MaxReplicas { get; set; }
    public int CpuUtilization { get; set; }
    public double QueueComputeRatio { get; set; }
    public double QueuedTasks { get; set; }
    public V2HorizontalPodAutoscalerBehavior? Behavior { get; set; }
}

public sealed class RedisValues
{
    public double MaxMemoryMiB { get; set; }
}
