namespace Rembg.Simulation.Gateways;

/// <summary>What the gateway's work costs.</summary>
/// <param name="MissSeconds">Seconds of CPU for a request that a pod answers.</param>
/// <param name="HitSeconds">Seconds of CPU for one that the cache answers.</param>
/// <param name="ProbeSeconds">Seconds of CPU for one probe of one pod: /readyz or /v1/models.</param>
/// <param name="UploadBytes">Of an image, as it comes in.</param>
/// <param name="AnswerBytes">Of a cutout.</param>
/// <param name="MaxBytesInFlight">Uploads that are held: Uploads:MaxBytesInFlight.</param>
/// <param name="RequestedCores">The CPU request, which utilisation is a share of.</param>
/// <param name="Cores">What it can get at most.</param>
/// <param name="StartSeconds">From "wanted" to taking requests.</param>
public sealed record GatewayCost(
    double MissSeconds, double HitSeconds, double ProbeSeconds, double UploadBytes, double AnswerBytes, double MaxBytesInFlight,
    double RequestedCores, double Cores, double StartSeconds)
{
    /// <summary>Of each pod, as Pods:ProbeEvery says.</summary>
    public const double ProbeEverySeconds = 2;

    /// <summary>Seconds of CPU a second that asking each pod how it is takes: two probes, for health and for models.</summary>
    public double ProbingCores(int pods) => pods * 2 / ProbeEverySeconds * ProbeSeconds;
}

/// <summary>How the gateway deals with pods; the defaults are those of <c>PodsOptions</c>, against which they are tested.</summary>
public sealed record PodRules(double FullFor = 0.2, double EjectionTime = 5, int RetryBurst = 100, double RetryShare = 0.1);
