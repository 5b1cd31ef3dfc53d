using System.Globalization;
using System.Text.RegularExpressions;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Charts.Tests.Monitoring;
using Rembg.Simulation;
using Rembg.Simulation.Platform;
using Rembg.Simulation.Pods;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>What a rendered chart says to the autoscalers, the adapter and the pods, ready to be simulated.</summary>
internal static partial class RenderedPlatform
{
    public static PlatformSetup Of(Release release, PodCost cost) => new()
    {
        Pod = cost,
        MaxRequests = int.Parse(Settings.Environment(release.One<V1Deployment>("inference").Spec.Template.Spec.Containers[0])["Admission__MaxRequests"], CultureInfo.InvariantCulture),
        PodScaling = release.One<V2HorizontalPodAutoscaler>("inference").Spec,
        Bounds = AdapterRules.Of(release).Rules.ToDictionary(rule => rule.Name.As, rule => double.Parse(UpperBound().Match(rule.MetricsQuery).Groups[1].Value, CultureInfo.InvariantCulture)),
        Gateway = Costs.Gateway,
        GatewayScaling = release.One<V2HorizontalPodAutoscaler>("gateway").Spec,
    };

    [GeneratedRegex(@"^clamp_max\(.*, ([0-9.]+)\) or ")]
    private static partial Regex UpperBound();
}
