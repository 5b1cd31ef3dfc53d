using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Http;

/// <summary>When a request began and when its answer is of no use any more.</summary>
internal sealed class RequestDeadline(TimeProvider time, TimeSpan limit)
{
    private readonly long _started = time.GetTimestamp();

    public TimeSpan Elapsed => time.GetElapsedTime(_started);
    public Deadline EndsAt { get; } = Deadline.After(limit, time);
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
        context.Features.Set(new RequestDeadline(time, options.Value.RequestTimeout));
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
