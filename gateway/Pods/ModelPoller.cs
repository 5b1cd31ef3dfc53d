using System.Net.Http.Json;
using Microsoft.Extensions.Options;
using Rembg.Contract.Models;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>Asks every pod for its models, again and again, over the connections that YARP keeps to them.</summary>
internal sealed class ModelPoller(IProxyStateLookup proxy, ModelCatalog catalog, IOptions<PodsOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ProbeEvery, time);
        do await PollAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        if (!proxy.TryGetCluster(PodCluster.Id, out var cluster)) return;
        var destinations = cluster.DestinationsState.AllDestinations;
        await Task.WhenAll(destinations.Select(destination => AskAsync(cluster, destination, cancellationToken)));
        catalog.Update([.. destinations.OrderBy(destination => destination.DestinationId, StringComparer.Ordinal)
            .Select(destination => Pod.Of(destination).Models).OfType<ModelList>()]);
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
            Pod.Of(destination).Models = await response.Content.ReadFromJsonAsync(ModelJson.Default.ModelList, either.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or System.Text.Json.JsonException)
        {
            // A pod that is away has said what it has loaded, or says so later; whether it is well is for the health checks.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
