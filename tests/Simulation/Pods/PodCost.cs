namespace Rembg.Simulation.Pods;

/// <summary>What one image costs: a run of n images takes <paramref name="Fixed"/> + n x <paramref name="PerImage"/> seconds.</summary>
/// <param name="Around">Seconds of a request beside the model's: decode, compose, encode.</param>
/// <param name="ColdSeconds">From the process' start to ready.</param>
/// <param name="PlacingSeconds">From "wanted" to the process' start: scheduling and the image; with a new node, its start.</param>
/// <param name="Cores">Of a pod; what it is billed by.</param>
/// <param name="Gpus">Of a pod.</param>
/// <param name="Source">Where the figures come from: measured on what, or assumed.</param>
public sealed record PodCost(
    string Name, double Fixed, double PerImage, double Around, int MaxBatch, double ColdSeconds, double PlacingSeconds, double Cores, double Gpus, string Source)
{
    /// <summary>
    /// From ready to asked, at worst: a period of the readiness probe (3 s), the life of a DNS record (5 s), and the gateway's
    /// next look-up (2 s). The other way round for a pod that is gone.
    /// </summary>
    public const double ListingSeconds = 10;

    /// <summary>From "wanted" to asked by the gateways.</summary>
    public double StartSeconds => PlacingSeconds + ColdSeconds + ListingSeconds;

    /// <summary>Images a second when always busy.</summary>
    public double Capacity => MaxBatch / (Fixed + MaxBatch * PerImage);

    /// <summary>Pods for a load, three quarters busy: the rule of docs/sizing.md.</summary>
    public int PodsFor(double perSecond) => (int)Math.Ceiling(Math.Round(perSecond / (0.75 * Capacity), 6));
}
