using Rembg.Contract.Problems;

namespace Rembg.Gateway.Http;

/// <summary>Gives each request an id, or keeps the client's own; every answer and problem carries it.</summary>
internal sealed class RequestId(RequestDelegate next)
{
    public const string Header = "X-Request-Id";
    private const int MaxLength = 64;

    public Task InvokeAsync(HttpContext context)
    {
        var given = context.Request.Headers[Header].ToString();
        var isSane = given.Length is > 0 and <= MaxLength && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        context.TraceIdentifier = isSane ? given : Guid.CreateVersion7().ToString("N");
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[Header] = context.TraceIdentifier;
            return Task.CompletedTask;
        });
        if (given.Length > 0 && !isSane)
            throw Problem.InvalidRequest($"{Header} must have at most {MaxLength} letters, digits and '-_.'.").AsException();
        return next(context);
    }
}
