using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Http;

/// <summary>When a request began and when its response is of no use any more.</summary>
/// <param name="limit">Time for a request, once its upload is there.</param>
/// <param name="timeout">Cancels the request at its deadline.</param>
internal sealed class RequestDeadline(TimeProvider time, TimeSpan limit, CancellationTokenSource timeout)
{
    private readonly long _started = time.GetTimestamp();

    public TimeSpan Elapsed => time.GetElapsedTime(_started);
    public Deadline EndsAt { get; private set; } = Deadline.After(limit, time);

    /// <summary>An upload has a time of its own: a phone on a slow line needs more than the whole limit for a photograph (issue 24).</summary>
    public void BeginUpload(TimeSpan most) => Set(most + limit);

    public void EndUpload() => Set(limit);

    private void Set(TimeSpan left)
    {
        timeout.CancelAfter(left);
        EndsAt = Deadline.After(left, time);
    }
}

/// <summary>
/// One deadline per request. Unlike the framework's request timeouts it takes its time from a TimeProvider and says
/// how much is left, which the pods need.
/// </summary>
internal sealed class RequestDeadlineMiddleware(RequestDelegate next, IOptions<EdgeOptions> options, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var client = context.RequestAborted;
        using var timeout = new CancellationTokenSource(options.Value.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(client, timeout.Token);
        context.Features.Set(new RequestDeadline(time, options.Value.RequestTimeout, timeout));
        context.RequestAborted = either.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !client.IsCancellationRequested)
        {
            throw Problem.DeadlineExceeded().AsException();
        }
        finally
        {
            context.RequestAborted = client;
        }
    }
}

internal static class RequestDeadlineFeature
{
    public static RequestDeadline Deadline(this HttpContext context) => context.Features.GetRequiredFeature<RequestDeadline>();
}
