using System.Globalization;
using Rembg.Contract;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Batching;

namespace Rembg.Inference.Http;

/// <summary>What the head of a request says: options, urgency, and until when.</summary>
/// <param name="IsLight">Its client has nothing else in the pods: it goes before the others of its priority.</param>
internal sealed record InferRequest(CutoutOptions Options, Priority Priority, bool IsLight, Deadline Deadline)
{
    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(60);

    public static InferRequest Read(HttpRequest request, TimeProvider time) => new(
        CutoutOptions.Parse(request.Query.SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value ?? ""))),
        ReadPriority(request.Headers[PodHeaders.Priority].ToString()),
        request.Headers[PodHeaders.Client] == PodHeaders.Light,
        Deadline.After(ReadTimeLeft(request.Headers[PodHeaders.Deadline].ToString()), time));

    private static Priority ReadPriority(string value) => value switch
    {
        "" or PodHeaders.Interactive => Priority.Interactive,
        PodHeaders.Background => Priority.Background,
        _ => throw Problem.InvalidParameter(PodHeaders.Priority, $"must be {PodHeaders.Interactive} or {PodHeaders.Background}").AsException(),
    };

    private static TimeSpan ReadTimeLeft(string value)
    {
        if (value.Length == 0) return DefaultTime;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw Problem.InvalidParameter(PodHeaders.Deadline, "must be the milliseconds left").AsException();
    }
}
