using System.Buffers;
using Rembg.Contract;
using Rembg.Contract.Cutouts;

namespace Rembg.Gateway.Pods;

/// <summary>One run that a pod is asked for.</summary>
/// <param name="Image">The upload's bytes; they must stay until the run has ended.</param>
/// <param name="Sha256">Of the image, to recognise one that kills pods.</param>
/// <param name="Options">With the model named.</param>
/// <param name="Priority">Who waits.</param>
/// <param name="Deadline">When nobody wants the answer any more.</param>
/// <param name="RequestId">Of the request that started the run.</param>
public sealed record InferenceRequest(
    ReadOnlySequence<byte> Image, byte[] Sha256, CutoutOptions Options, Priority Priority, DateTimeOffset Deadline, string RequestId)
{
    /// <summary>Whose share of the memory budget the answer counts against.</summary>
    public string Client { get; init; } = "";
}
