using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Gateway.Memory;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>
/// One run at one pod, sent by YARP. The run has an HttpContext of its own, not a client's: several clients may wait
/// for it, and nothing that a client sent (keys, cookies) can reach a pod, because only what is set here is there.
/// </summary>
internal sealed class PodClient(
    IHttpForwarder forwarder, IDestinationHealthUpdater health, Quarantine quarantine, MemoryBudget memory, IOptions<PodsOptions> options, TimeProvider time)
{
    /// <summary>Answers in a row that make no sense before a pod rests: one that says nonsense at once looks idle, and would draw all runs.</summary>
    private const int MaxInvalidResponses = 3;

    /// <param name="leave">Asked whenever the pod is found silent: true to leave it, false to go on waiting. Null waits in any case.</param>
    public async Task<PodResult> SendAsync(
        ClusterState cluster, DestinationState destination, InferenceRequest request, Func<bool>? leave, CancellationToken cancellationToken)
    {
        var pod = Pod.Of(destination);
        using var body = new AnswerBuffer(memory, request.Client, options.Value.MaxAnswerBytes, time);
        var context = Context(request, body);

        pod.Enter();
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ForwarderError error;
        try
        {
            var forwarding = forwarder.SendAsync(
                context, destination.Model.Config.Address, cluster.Model.HttpClient, cluster.Model.Config.HttpRequest!, ResponseStartTimer.Instance, left.Token).AsTask();
            while (leave is not null && !left.IsCancellationRequested && await Task.WhenAny(forwarding, pod.Unresponsive) != forwarding)
                if (leave()) await left.CancelAsync();
            error = await forwarding;
        }
        finally
        {
            pod.Leave();
        }
        cancellationToken.ThrowIfCancellationRequested();

        var attempt = error == ForwarderError.None
            ? PodResult.FromAnswer(context.Response, body, request.Options.ContentType)
            : left.IsCancellationRequested ? PodResult.Unresponsive
            : PodResult.FromFailure(context.Features.GetRequiredFeature<IForwarderErrorFeature>(), body);
        await LearnAsync(cluster, destination, request, context.Response, attempt, cancellationToken);
        return attempt;
    }

    /// <summary>Every exchange teaches something about the pod and the image.</summary>
    private async Task LearnAsync(
        ClusterState cluster, DestinationState destination, InferenceRequest request, HttpResponse response, PodResult attempt, CancellationToken cancellationToken)
    {
        var pod = Pod.Of(destination);
        if (Number(PodHeaders.Load) is { } load) pod.Reported(load, time);
        switch (attempt)
        {
            case { Retry: RetryReason.Overloaded, Problem.Overload: PodHeaders.Draining }:
            case { Retry: RetryReason.ConnectFailed }:
                Eject();
                break;
            case { Retry: RetryReason.Overloaded }:
                pod.Full(request.Priority, options.Value.FullFor, time);
                break;
            case { Retry: RetryReason.ConnectionLost }:
                var lost = pod.CountConnectionLoss(time);
                Eject();
                // A network that cuts connections looks the same from here, and no image is to blame for that.
                if (!await AnswersAsync(cluster, destination, cancellationToken)) quarantine.Died(request.Sha256, lost);
                break;
            case { Retry: RetryReason.InvalidResponse }:
                if (pod.RecordInvalidResponse() >= MaxInvalidResponses) Eject();
                break;
            case { Cutout: { } cutout }:
                quarantine.Survived(request.Sha256);
                pod.RunTimes.Add(request.Options.Model, Number(PodHeaders.BatchSize) ?? 1, PodTiming.Infer(cutout));
                pod.Finished();
                break;
        }

        int? Number(string header) => int.TryParse(response.Headers[header].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        void Eject() => health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, options.Value.EjectionTime);
    }

    /// <summary>Whether it is still there, well or not.</summary>
    private async Task<bool> AnswersAsync(ClusterState cluster, DestinationState destination, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var config = destination.Model.Config;
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(config.Health ?? config.Address), PodCluster.ProbePath));
            using var answer = await cluster.Model.HttpClient.SendAsync(request, either.Token);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    private DefaultHttpContext Context(InferenceRequest request, AnswerBuffer body)
    {
        var left = Math.Max(1, (long)(request.Deadline - time.GetUtcNow()).TotalMilliseconds);
        var context = new DefaultHttpContext
        {
            TraceIdentifier = request.RequestId,
            Request =
            {
                Method = HttpMethods.Post,
                Protocol = HttpProtocol.Http11,
                Path = "/v1/infer",
                QueryString = new("?" + request.Options.ToQuery()),
                ContentLength = request.Image.Length,
                ContentType = "application/octet-stream",
                Body = PipeReader.Create(request.Image).AsStream(),
                Headers =
                {
                    [PodHeaders.Deadline] = left.ToString(CultureInfo.InvariantCulture),
                    [PodHeaders.Priority] = request.Priority.ToName(),
                    ["X-Request-Id"] = request.RequestId,
                },
            },
        };
        context.Response.Body = body;
        return context;
    }

    /// <summary>Changes nothing, but notes when an answer's head came.</summary>
    private sealed class ResponseStartTimer : HttpTransformer
    {
        public static readonly ResponseStartTimer Instance = new();

        public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            ((AnswerBuffer)httpContext.Response.Body).ResponseStarted();
            return base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}
