using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Http;

/// <summary>Refuses a request with too many or too large headers, and says so. The server's own 431 has no body.</summary>
internal sealed class HeaderLimit(RequestDelegate next, IOptions<EdgeOptions> options)
{
    /// <summary>So many times our limits the server refuses by itself.</summary>
    public const int ServerFactor = 2;

    public Task InvokeAsync(HttpContext context)
    {
        var (count, bytes) = (0, 0);
        foreach (var (name, values) in context.Request.Headers)
        {
            foreach (var value in values)
            {
                count++;
                bytes += name.Length + (value?.Length ?? 0) + ": \r\n".Length;
            }
        }
        if (count > options.Value.MaxHeaders) throw Problem.HeadersTooLarge($"The request has {count} headers; at most {options.Value.MaxHeaders} are taken.").AsException();
        if (bytes > options.Value.MaxHeaderBytes) throw Problem.HeadersTooLarge($"The headers have {bytes:N0} bytes; at most {options.Value.MaxHeaderBytes:N0} are taken.").AsException();
        return next(context);
    }
}
