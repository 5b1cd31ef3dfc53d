using Microsoft.AspNetCore.Http;

namespace Rembg.Contract.Problems;

/// <summary>How a request ended, for metrics. Once the head of an answer is out its status is fixed, but the answer may still break.</summary>
public static class EndStatus
{
    public static int GetEndStatus(this HttpContext context) => context.Features.Get<Feature>()?.Code ?? context.Response.StatusCode;

    /// <summary>Sets it on the answer, too, where that has not begun.</summary>
    internal static void SetEndStatus(this HttpContext context, int code)
    {
        context.Features.Set(new Feature(code));
        if (!context.Response.HasStarted) context.Response.StatusCode = code;
    }

    private sealed record Feature(int Code);
}
