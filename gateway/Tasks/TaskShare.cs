using Rembg.Gateway.Clients;

namespace Rembg.Gateway.Tasks;

/// <summary>What one client may have of what all tasks may take together; beyond it the client is answered 429.</summary>
/// <param name="Weight">Turns in the queue for each turn of a client with weight 1.</param>
/// <param name="Tasks">Tasks that are not finished.</param>
/// <param name="InputBytes">Bytes of their uploads.</param>
/// <param name="ResultBytes">Bytes of results that are kept; while there are more, no further task is accepted.</param>
/// <param name="Records">Ended tasks that are remembered; beyond them the oldest are forgotten, failed ones first.</param>
/// <param name="Deliveries">Webhooks that have not been delivered.</param>
/// <param name="Batches">Batches that are remembered.</param>
internal sealed record TaskShare(int Weight, long Tasks, long InputBytes, long ResultBytes, long Records, long Deliveries, long Batches)
{
    public static TaskShare Of(Plan plan, TaskOptions options)
    {
        var share = plan.TaskShare ?? options.ClientShare;
        return new(plan.TaskWeight, Part(options.MaxUnfinished), Part(options.MaxUnfinishedBytes), Part(options.MaxResultBytes), Part(options.MaxRecords), Part(options.MaxDeliveries), Part(options.MaxBatches));

        long Part(long of) => Math.Max(1, (long)(of * share));
    }
}
