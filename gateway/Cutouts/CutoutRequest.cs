using Rembg.Contract;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Cutouts;

/// <summary>What a caller may ask of the cache.</summary>
[Flags]
internal enum CacheUse { None = 0, Read = 1, Store = 2, All = Read | Store }

/// <summary>One caller's request for a cutout.</summary>
/// <param name="Identity">From <see cref="CutoutService.Identify"/>.</param>
/// <param name="Image">Stays the caller's to dispose; a run that outlives the caller shares it.</param>
/// <param name="Priority">Who waits.</param>
/// <param name="Cache">From <c>Cache-Control</c>.</param>
/// <param name="Client">Whose turn it takes when requests wait for a pod. A run that others join counts as that of the client who started it.</param>
/// <param name="Deadline">When the answer is of no use any more.</param>
/// <param name="RequestId">For logs of gateway and pod.</param>
internal sealed record CutoutRequest(
    CutoutIdentity Identity, Upload Image, Priority Priority, CacheUse Cache, Client Client, Deadline Deadline, string RequestId);

/// <summary>Where an answer came from; its name is <c>X-Cache</c>. Results of tasks hold the number.</summary>
internal enum CacheStatus
{
    /// <summary>Made before.</summary>
    Hit,

    /// <summary>Made now, by a model run.</summary>
    Miss,

    /// <summary>Made now, for several callers.</summary>
    Coalesced,

    /// <summary>Drawn now, with the mask that another request has paid for.</summary>
    Mask,
}

internal static class CacheStatusNames
{
    public static string ToName(this CacheStatus status) => status switch
    {
        CacheStatus.Hit => "hit",
        CacheStatus.Miss => "miss",
        CacheStatus.Coalesced => "coalesced",
        _ => "mask",
    };
}

/// <summary>To be disposed when the cutout has been written.</summary>
/// <param name="Cutout">The cutout.</param>
/// <param name="Key">Names it; null when its pod did not say which version it is.</param>
/// <param name="Status">Where it came from.</param>
internal sealed record CutoutAnswer(Cutout Cutout, CutoutKey? Key, CacheStatus Status) : IDisposable
{
    /// <summary><see cref="CutoutIdentity.MaskValue"/> of what was asked for.</summary>
    public string? Mask { get; init; }

    /// <summary>How long the run of a task took, by a clock that is never set; null elsewhere.</summary>
    public TimeSpan? Ran { get; init; }

    public void Dispose() => Cutout.Dispose();
}
