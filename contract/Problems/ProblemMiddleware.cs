using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rembg.Contract.Problems;

/// <summary>Catches what a request could not handle and lets <see cref="ProblemWriter"/> say it.</summary>
public sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (Silent(context) is { } problem) await ProblemWriter.WriteAsync(context, problem);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested || exception is ConnectionAbortedException)
        {
            context.SetEndStatus(StatusCodes.Status499ClientClosedRequest);
            // The client's leaving is its own affair; a bug stays one when nobody waits for the answer.
            if (ToProblem(exception).Status == StatusCodes.Status500InternalServerError && exception is not IOException) Log.Unexpected(logger, exception, context.TraceIdentifier);
            else Log.ClientLeft(logger, context.TraceIdentifier);
        }
        catch (Exception exception)
        {
            var problem = ToProblem(exception);
            context.SetEndStatus(problem.Status);
            if (exception is OutOfMemoryException) Log.OutOfMemory(logger, context.TraceIdentifier);
            if (problem.Status == StatusCodes.Status500InternalServerError) Log.Unexpected(logger, exception, context.TraceIdentifier);
            if (context.Response.HasStarted)
            {
                // Half an answer must not look like a whole one.
                context.Abort();
                return;
            }
            context.Response.Clear();
            await ProblemWriter.WriteAsync(context, problem);
        }
    }

    private static Problem ToProblem(Exception exception) => exception switch
    {
        ProblemException expected => expected.Problem,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new(413, "image_too_large", "The upload is too large"),
        BadHttpRequestException bad => new(bad.StatusCode, "invalid_request", "The request is not well formed"),
        // Of this request, not of the process: what it held is free again, and another pod may have room for it.
        OutOfMemoryException => Problem.Overloaded("There is no memory for this request.", PodHeaders.QueueFull),
        OperationCanceledException => Problem.DeadlineExceeded(),
        _ => Problem.Internal(),
    };

    /// <summary>Statuses that the framework sets without a body.</summary>
    private static Problem? Silent(HttpContext context) => context.Response switch
    {
        { HasStarted: true } => null,
        { StatusCode: StatusCodes.Status404NotFound } => Problem.NotFound("There is nothing at this address."),
        { StatusCode: StatusCodes.Status405MethodNotAllowed } => new(405, "method_not_allowed", "This address does not take that method"),
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => Problem.UnsupportedFormat("The Content-Type is none that this address takes."),
        _ => null,
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error in request {RequestId}")]
        public static partial void Unexpected(ILogger logger, Exception exception, string requestId);

        [LoggerMessage(Level = LogLevel.Debug, Message = "The client left before request {RequestId} was answered")]
        public static partial void ClientLeft(ILogger logger, string requestId);

        [LoggerMessage(Level = LogLevel.Error, Message = "No memory for request {RequestId}: more is admitted than the limit can hold")]
        public static partial void OutOfMemory(ILogger logger, string requestId);
    }
}

public static class ProblemMiddlewareExtensions
{
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app.UseMiddleware<ProblemMiddleware>();
}
