using System.Buffers;
using System.Net.Mime;
using Rembg.Contract;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Clients;

namespace Rembg.Gateway.Pods;

/// <summary>One run that a pod is asked for.</summary>
/// <param name="Image">The upload's bytes; they must stay until the run has ended.</param>
/// <param name="Sha256">Of the image, to recognise one that kills pods.</param>
/// <param name="Options">With the model named.</param>
/// <param name="Priority">Who waits.</param>
/// <param name="Client">Whose turn it takes in the queue for a pod.</param>
/// <param name="Deadline">When nobody wants the answer any more.</param>
/// <param name="RequestId">Of the request that started the run.</param>
public sealed record InferenceRequest(
    ReadOnlySequence<byte> Image, byte[] Sha256, CutoutOptions Options, Priority Priority, Client Client, Deadline Deadline, string RequestId)
{
    /// <summary>The image's mask, if it is known. A pod that has its version draws with it, any other runs the model.</summary>
    public Mask? Mask { get; init; }

    /// <summary>The mask is wanted and no picture.</summary>
    public bool MaskAlone { get; init; }

    /// <summary>Media type of the answer that is wanted.</summary>
    public string ContentType => MaskAlone ? MediaTypeNames.Application.Octet : Options.ContentType;
}
