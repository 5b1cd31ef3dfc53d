using FsCheck;
using FsCheck.Xunit;
using Microsoft.AspNetCore.Http;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Http;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tasks;

namespace Rembg.Gateway.Tests.Http;

/// <summary>Request headers with any text: understood, not there, or a problem of the caller's.</summary>
public class RequestHeaderProperties
{
    private static readonly CutoutKey Key = CutoutIdentity.Of(new byte[32], new NamedModel("model", ["1"], []), CutoutOptions.Default, client: null).Candidates[0];

    [Property(MaxTest = 2000, Replay = "1,1")]
    public void IdempotencyKey_IsAHashOrAProblem(string? text, bool twice)
    {
        var request = With(IdempotencyKey.Header, twice ? [text ?? "", text ?? ""] : [text ?? ""]);
        try
        {
            var hash = IdempotencyKey.Read(request, "client").ShouldNotBeNull();
            hash.ShouldMatch("^[0-9a-f]{64}$");
            hash.ShouldBe(IdempotencyKey.Read(request, "client"), "the same again");
            hash.ShouldNotBe(IdempotencyKey.Read(request, "other"), "each client has its own");
            text.ShouldNotBeNull().Length.ShouldBeInRange(1, 255);
        }
        catch (ProblemException refused)
        {
            refused.Problem.Status.ShouldBe(400);
        }
    }

    [Property(MaxTest = 1000, Replay = "2,3")]
    public void IdempotencyKeys_ThatDifferAreDifferent(NonEmptyString one, NonEmptyString other)
    {
        string Printable(NonEmptyString text) => string.Concat(text.Get.Where(c => c is >= ' ' and <= '~')) + "k";
        var (a, b) = (Printable(one), Printable(other));

        (IdempotencyKey.Read(With(IdempotencyKey.Header, [a]), "client") == IdempotencyKey.Read(With(IdempotencyKey.Header, [b]), "client")).ShouldBe(a == b);
    }

    [Property(MaxTest = 2000, Replay = "4,5")]
    public void IfNoneMatch_WithAnyText_IsNotTheAnswersTag(string? text) =>
        CutoutResponse.FindKnownToClient(With("If-None-Match", [text ?? ""]).HttpContext, [Key]).ShouldBeNull();

    [Property(MaxTest = 500, Replay = "6,7")]
    public void IfNoneMatch_AmongOtherTags_IsFound(byte[] others)
    {
        var tags = others.Select(other => $"\"{other}\"").Append(Key.ETag);
        CutoutResponse.FindKnownToClient(With("If-None-Match", [string.Join(", ", tags)]).HttpContext, [new(new string('0', 64)), Key]).ShouldBe(Key);
    }

    [Property(MaxTest = 2000, Replay = "8,9")]
    public async Task RequestId_IsKeptIfItIsHarmless_AndNeverRepeatedOtherwise(string? text)
    {
        var context = With(RequestId.Header, [text ?? ""]).HttpContext;
        try
        {
            await new RequestId(_ => Task.CompletedTask).InvokeAsync(context);
            if (text is { Length: > 0 }) context.TraceIdentifier.ShouldBe(text);
        }
        catch (ProblemException refused)
        {
            refused.Problem.Status.ShouldBe(400);
            context.TraceIdentifier.ShouldNotBe(text);
        }
        context.TraceIdentifier.ShouldMatch("^[0-9A-Za-z._-]{1,64}$");
    }

    private static HttpRequest With(string name, string[] values)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers[name] = values;
        return request;
    }
}
