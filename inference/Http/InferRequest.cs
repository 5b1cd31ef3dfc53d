using System.Globalization;
using Rembg.Contract;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Batching;

namespace Rembg.Inference.Http;

/// <summary>What the head of a request says: options, urgency, and until when.</summary>
/// <param name="IsLight">Its client has nothing else in the pods: it goes before the others of its priority.</param>
/// <param name="Deadline">When nobody wants the answer any more.</param>
/// <param name="Wanted">What the answer holds.</param>
/// <param name="MaskBytes">Bytes of the mask at the end of the body; 0 for none, and then the model runs.</param>
internal sealed record InferRequest(CutoutOptions Options, Priority Priority, bool IsLight, Deadline Deadline, AnswerParts Wanted, int MaskBytes)
{
    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(60);

    public static InferRequest Read(HttpRequest request, TimeProvider time) => new(
        CutoutOptions.FromQuery(request.Query.SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value ?? ""))),
        ReadPriority(request.Headers[PodHeaders.Priority].ToString()),
        request.Headers[PodHeaders.Client] == PodHeaders.Light,
        Deadline.After(ReadTimeLeft(request.Headers[PodHeaders.Deadline].ToString()), time),
        ReadWanted(request.Headers[PodHeaders.Mask].ToString()),
        ReadMaskBytes(request.Headers[PodHeaders.MaskBytes].ToString()));

    private static Priority ReadPriority(string value) => value switch
    {
        "" or PodHeaders.Interactive => Priority.Interactive,
        PodHeaders.Background => Priority.Background,
        _ => throw Problem.InvalidParameter(PodHeaders.Priority, $"must be {PodHeaders.Interactive} or {PodHeaders.Background}").AsException(),
    };

    private static AnswerParts ReadWanted(string value) => value switch
    {
        "" => AnswerParts.Picture,
        PodHeaders.MaskBeside => AnswerParts.Picture | AnswerParts.Mask,
        PodHeaders.MaskAlone => AnswerParts.Mask,
        _ => throw Problem.InvalidParameter(PodHeaders.Mask, $"must be {PodHeaders.MaskBeside} or {PodHeaders.MaskAlone}").AsException(),
    };

    private static int ReadMaskBytes(string value) =>
        value.Length == 0 ? 0
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes
        : throw Problem.InvalidParameter(PodHeaders.MaskBytes, "must be a number of bytes").AsException();

    private static TimeSpan ReadTimeLeft(string value)
    {
        if (value.Length == 0) return DefaultTime;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw Problem.InvalidParameter(PodHeaders.Deadline, "must be the milliseconds left").AsException();
    }
}

/// <summary>What an answer holds, in this order.</summary>
[Flags]
internal enum AnswerParts { Picture = 1, Mask = 2 }
