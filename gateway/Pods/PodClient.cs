using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Gateway.Memory;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>
/// One run at one pod, sent by YARP. The run has an HttpContext of its own, not a client's: several clients may wait
/// for it, and nothing that a client sent (keys, cookies) can reach a pod, because only what is set here is there.
/// </summary>
internal sealed class PodClient(
    IProxyStateLookup proxy, IHttpForwarder forwarder, IDestinationHealthUpdater health, Quarantine quarantine, MemoryBudget memory, IOptions<PodsOptions> options, TimeProvider time)
{
    /// <summary>Invalid responses in a row before a pod is ejected: a pod that fails fast looks idle, and would attract all runs.</summary>
    private const int MaxInvalidResponses = 3;

    /// <summary>
    /// A pod whose own deadline passes while it encodes can only cut the connection. Its clock may be ahead of ours by this much; a
    /// retry would be of no use to anybody in that time.
    /// </summary>
    private static readonly TimeSpan DeadlineSlack = TimeSpan.FromMilliseconds(50);

    /// <param name="leave">Asked whenever the pod is found silent: true to leave it, false to go on waiting.</param>
    public async Task<PodResult> SendAsync(
        PodScheduler.Place place, InferenceRequest request, Func<bool> leave, CancellationToken cancellationToken)
    {
        var destination = place.Pod;
        var cluster = proxy.TryGetCluster(PodCluster.Id, out var found) ? found : throw new InvalidOperationException("The cluster is configured at start; this is a bug.");
        var pod = Pod.Of(destination);
        using var body = new AnswerBuffer(memory, request.Client.Id, options.Value.MaxAnswerBytes, time);
        var mask = request.Mask is { } known && pod.TakesMask(request.Options.Model, known) ? known : null;
        var context = Context(request, mask, place.IsLight, body);

        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var forwarding = forwarder.SendAsync(
            context, destination.Model.Config.Address, cluster.Model.HttpClient, cluster.Model.Config.HttpRequest!, ResponseStartTimer.Instance, left.Token).AsTask();
        while (!left.IsCancellationRequested && await Task.WhenAny(forwarding, pod.Unresponsive) != forwarding)
            if (leave()) await left.CancelAsync();
        var error = await forwarding;
        cancellationToken.ThrowIfCancellationRequested();

        var result = error == ForwarderError.None ? PodResult.FromAnswer(context.Response, body, request.ContentType, mask)
            : left.IsCancellationRequested ? PodResult.Unresponsive
            : request.Deadline.Left(time) < DeadlineSlack ? PodResult.Late
            : PodResult.FromFailure(context.Features.GetRequiredFeature<IForwarderErrorFeature>(), body);
        return Learn(cluster, destination, request, context.Response, result);
    }

    /// <summary>Every exchange teaches something about the pod and the image.</summary>
    private PodResult Learn(ClusterState cluster, DestinationState destination, InferenceRequest request, HttpResponse response, PodResult result)
    {
        var pod = Pod.Of(destination);
        if (Number(PodHeaders.Load) is { } load) pod.Reported(load, time);
        if (result.Retry == RetryReason.None) pod.Capacity.Worked(time);
        switch (result)
        {
            case { Retry: RetryReason.ConnectFailed }:
            case { Retry: RetryReason.Overloaded, Problem.Overload: PodHeaders.Draining }:
                // It takes nothing more: out until a probe says otherwise.
                health.SetActive(cluster, [new(destination, DestinationHealth.Unhealthy)]);
                if (result.Retry == RetryReason.ConnectFailed) Rest();
                break;
            case { Retry: RetryReason.Overloaded }:
                pod.Capacity.Refused(request.Priority, options.Value.FullFor, time);
                break;
            case { Retry: RetryReason.ConnectionLost }:
                pod.Capacity.Lost(time);
                var lost = pod.CountConnectionLoss(time);
                Rest();
                // Beside the retry, which need not know.
                return result with { PodDied = DiedAsync(cluster, destination, request.Sha256, lost) };
            case { Retry: RetryReason.InvalidResponse }:
                if (pod.RecordInvalidResponse() >= MaxInvalidResponses) Rest();
                break;
            case { Cutout: { } cutout }:
                quarantine.Survived(request.Sha256);
                pod.RunTimes.Add(request.Options.Model, Number(PodHeaders.BatchSize) ?? 1, PodTiming.Infer(cutout), time);
                if (cutout.IsRedrawn) pod.Capacity.Drew();
                else pod.Capacity.Ran(PodTiming.Queue(cutout), PodTiming.Infer(cutout));
                pod.Finished();
                break;
        }
        return result;

        int? Number(string header) => int.TryParse(response.Headers[header].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        void Rest() => health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, options.Value.EjectionTime);
    }

    /// <summary>Whether the pod has died. A network that cuts connections looks the same from here, and no image is to blame for that.</summary>
    private async Task<bool> DiedAsync(ClusterState cluster, DestinationState destination, byte[] sha256, int lost)
    {
        if (await AnswersAsync(cluster, destination)) return false;
        quarantine.Died(sha256, lost);
        return true;
    }

    /// <summary>Whether it is still there, well or not.</summary>
    private async Task<bool> AnswersAsync(ClusterState cluster, DestinationState destination)
    {
        using var timeout = new CancellationTokenSource(options.Value.ConnectTimeout, time);
        try
        {
            var config = destination.Model.Config;
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(config.Health ?? config.Address), PodCluster.ProbePath));
            using var answer = await cluster.Model.HttpClient.SendAsync(request, timeout.Token);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <param name="mask">Goes along; null asks for one.</param>
    private DefaultHttpContext Context(InferenceRequest request, Mask? mask, bool isLight, AnswerBuffer body)
    {
        var left = Math.Max(1, (long)request.Deadline.Left(time).TotalMilliseconds);
        var content = mask is null ? request.Image : Segment.Chain([.. Segment.Pieces(request.Image), mask.Content]);
        var context = new DefaultHttpContext
        {
            TraceIdentifier = request.RequestId,
            Request =
            {
                Method = HttpMethods.Post,
                Protocol = HttpProtocol.Http11,
                Path = "/v1/infer",
                QueryString = new("?" + request.Options.ToQuery()),
                ContentLength = content.Length,
                ContentType = "application/octet-stream",
                Body = PipeReader.Create(content).AsStream(),
                Headers =
                {
                    [PodHeaders.Deadline] = left.ToString(CultureInfo.InvariantCulture),
                    [PodHeaders.Priority] = request.Priority.ToName(),
                    ["X-Request-Id"] = request.RequestId,
                },
            },
        };
        if (mask is null) context.Request.Headers[PodHeaders.Mask] = request.MaskAlone ? PodHeaders.MaskAlone : PodHeaders.MaskBeside;
        else context.Request.Headers[PodHeaders.MaskBytes] = mask.Content.Length.ToString(CultureInfo.InvariantCulture);
        if (isLight) context.Request.Headers[PodHeaders.Client] = PodHeaders.Light;
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
