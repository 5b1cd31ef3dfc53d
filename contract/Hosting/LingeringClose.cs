using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rembg.Contract.Hosting;

/// <summary>
/// Reads and throws away what a client still sends after it has been answered. A connection that is closed while bytes arrive is
/// reset, and the reset destroys the answer at the client: of 40 MB sent to a limit of 25 MiB, Python's and node's clients read
/// the 413 in no case out of ten (issue 27). Costs no memory, and the connection keeps its place in its client's share.
/// </summary>
internal sealed class LingeringClose(RequestDelegate next, TimeProvider time)
{
    /// <summary>More than any upload that is refused for its size by a little; a client that sends on and on is cut off.</summary>
    private const long MaxBytes = 256 << 20;

    /// <summary>The server's least data rate holds as well.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(30);

    public async Task InvokeAsync(HttpContext context)
    {
        var body = context.Request.BodyReader; // the connection's own: a limit that a reader of the body sets does not hold here
        await next(context);
        // HTTP/2 ends a single stream without harm to the others.
        if (HttpProtocol.IsHttp2(context.Request.Protocol) || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }) return;

        using var late = new CancellationTokenSource(MaxTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        try
        {
            await context.Response.CompleteAsync();
            for (long read = 0; read < MaxBytes;)
            {
                var rest = await body.ReadAsync(either.Token);
                read += rest.Buffer.Length;
                body.AdvanceTo(rest.Buffer.End);
                if (rest.IsCompleted) return;
            }
        }
        catch (Exception over) when (over is IOException or OperationCanceledException or InvalidOperationException)
        {
            // Gone, too slow, or not well formed; or the body was read to its end and has been given back.
        }
        context.Abort();
    }
}

public static class LingeringCloseExtensions
{
    /// <summary>Goes before all that may refuse a request.</summary>
    public static IApplicationBuilder UseLingeringClose(this IApplicationBuilder app) => app.UseMiddleware<LingeringClose>();
}
