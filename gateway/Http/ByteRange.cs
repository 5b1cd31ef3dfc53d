using Microsoft.Net.Http.Headers;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Http;

/// <summary>A part of an answer that a client asks for, such as the rest of a download that broke off (RFC 9110, section 14).</summary>
/// <param name="First">Its first byte.</param>
/// <param name="Length">How many bytes it has; at least one.</param>
internal readonly record struct ByteRange(long First, long Length)
{
    /// <summary>The range that a GET asks for, if it is to be answered with one.</summary>
    /// <param name="request">Has <c>Range</c>, and <c>If-Range</c> with the tag of the bytes that the client has the beginning of.</param>
    /// <param name="tag">Of the whole answer; a strong one.</param>
    /// <param name="total">Bytes of the whole answer.</param>
    /// <returns>Null for the whole: nothing asked for, several ranges, or a tag that is not right any more.</returns>
    /// <exception cref="ProblemException">416: the answer has no such bytes.</exception>
    public static ByteRange? Of(HttpRequest request, string tag, long total)
    {
        var headers = request.GetTypedHeaders();
        if (!HttpMethods.IsGet(request.Method) || headers.Range is not { Ranges: { Count: 1 } ranges } range || range.Unit != "bytes") return null;
        if (headers.IfRange is { } condition && condition.EntityTag?.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: true) != true) return null;

        var (from, to) = (ranges.Single().From, ranges.Single().To);
        var first = from ?? Math.Max(0, total - to!.Value); // without a beginning it is the last so many
        var last = from is null ? total - 1 : Math.Min(to ?? total - 1, total - 1);
        return first <= last ? new(first, last - first + 1) : throw Problem.RangeNotSatisfiable(total).AsException();
    }

    /// <summary>Sets what a 206 says of it.</summary>
    public void Describe(HttpResponse response, long total)
    {
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.Headers.ContentRange = new ContentRangeHeaderValue(First, First + Length - 1, total).ToString();
    }
}
