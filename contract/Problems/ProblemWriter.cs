using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Rembg.Contract.Problems;

/// <summary>Endpoint metadata of an API: how it writes a problem.</summary>
public interface IProblemFormat
{
    Task WriteAsync(HttpContext context, Problem problem);
}

/// <summary>The only place that turns a <see cref="Problem"/> into HTTP: RFC 9457, or the format of the endpoint.</summary>
public static class ProblemWriter
{
    public static async Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        if (problem.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (problem.Overload is { } overload) response.Headers[PodHeaders.Overload] = overload;
        if (problem.AcceptEncoding is { } encodings) response.Headers.AcceptEncoding = encodings;
        if (problem.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        response.Headers.CacheControl = "no-store";

        if (context.GetEndpoint()?.Metadata.GetMetadata<IProblemFormat>() is { } format)
            await format.WriteAsync(context, problem);
        else
            await response.WriteAsJsonAsync(Details(context, problem), ProblemJson.Default.ProblemDetails, "application/problem+json", context.RequestAborted);
    }

    private static ProblemDetails Details(HttpContext context, Problem problem) => new()
    {
        Type = $"urn:rembg:problem:{problem.Code}",
        Title = problem.Title,
        Status = problem.Status,
        Detail = problem.Detail,
        Extensions = { ["code"] = problem.Code, ["requestId"] = context.TraceIdentifier },
    };
}
