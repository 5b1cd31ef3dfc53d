using Microsoft.Extensions.Options;
using Rembg.Contract.Models;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>Asks every pod for its models, again and again, over the connections that YARP keeps to them.</summary>
internal sealed partial class ModelPoller(
    IProxyStateLookup proxy, ModelCatalog catalog, PodScheduler scheduler, IOptions<PodsOptions> options, TimeProvider time, ILogger<ModelPoller> logger) : BackgroundService
{
    /// <summary>Asks once before the gateway listens, so that its first requests need not be refused.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await PollAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ProbeEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await PollAsync(stoppingToken);
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskAllAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Unexpected(logger, exception); // the next poll tries again; the gateway must not end of it
        }
    }

    private async Task AskAllAsync(CancellationToken cancellationToken)
    {
        if (!proxy.TryGetCluster(PodCluster.Id, out var cluster)) return;
        var destinations = cluster.DestinationsState.AllDestinations;
        await Task.WhenAll(destinations.Select(destination => AskAsync(cluster, destination, cancellationToken)));
        catalog.Update([.. destinations.OrderBy(destination => destination.DestinationId, StringComparer.Ordinal)
            .Select(destination => Pod.Of(destination).Models).OfType<ModelList>()]);
        scheduler.LookAgain(); // a pod may serve what was waited for
    }

    private async Task AskAsync(ClusterState cluster, DestinationState destination, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(destination.Model.Config.Address), "/v1/models"));
            using var response = await cluster.Model.HttpClient.SendAsync(request, either.Token);
            response.EnsureSuccessStatusCode();
            Pod.Of(destination).HasModels(await ModelListReader.ReadAsync(response.Content, either.Token));
        }
        catch (InvalidDataException invalid)
        {
            if (Pod.Of(destination).HasInvalidModels(invalid.Message)) Log.Invalid(logger, destination.DestinationId, invalid.Message);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // Its last list stays. Whether the pod is healthy is for the probes to say.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Pod {Pod} is not asked for runs: its answer to GET /v1/models is not valid, {Reason}")]
        public static partial void Invalid(ILogger logger, string pod, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error while the pods were asked for their models")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
