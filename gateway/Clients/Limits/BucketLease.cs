using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>What a token bucket answered.</summary>
/// <param name="remaining">Whole tokens left.</param>
/// <param name="wait">Until there is one more; when refused, until the request would be let through.</param>
internal sealed class BucketLease(bool acquired, long remaining, TimeSpan wait) : RateLimitLease
{
    public static readonly MetadataName<long> Remaining = MetadataName.Create<long>("REMAINING");
    public static readonly MetadataName<TimeSpan> Wait = MetadataName.Create<TimeSpan>("WAIT");

    public override bool IsAcquired => acquired;

    public override IEnumerable<string> MetadataNames => [Remaining.Name, Wait.Name];

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = metadataName == Remaining.Name ? remaining : metadataName == Wait.Name ? wait : null;
        return metadata is not null;
    }
}
