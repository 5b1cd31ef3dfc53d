namespace Rembg.Contract;

/// <summary>Headers between gateway and inference pod (<c>POST /v1/infer</c>).</summary>
public static class PodHeaders
{
    /// <summary>Request: milliseconds left for the answer, relative, so that clocks need not agree.</summary>
    public const string Deadline = "X-Deadline-Ms";

    /// <summary>Request: <see cref="Interactive"/> or <see cref="Background"/>.</summary>
    public const string Priority = "X-Priority";
    public const string Interactive = "interactive";
    public const string Background = "background";

    /// <summary>Answer: <see cref="Models.ModelInfo.Version"/> of the model that made it; what gateways store and tag the answer under.</summary>
    public const string Version = "X-Version";

    /// <summary>
    /// Request: <see cref="Light"/> when its client has nothing else in the pods or waiting for one. Such a run goes before the others
    /// of its priority. Optional; a pod that does not know it serves first come, first served.
    /// </summary>
    public const string Client = "X-Client";
    public const string Light = "light";

    /// <summary>
    /// Request: <see cref="MaskBeside"/> asks for the mask after the picture, <see cref="MaskAlone"/> for the mask and no picture.
    /// A pod that does not know it gives the picture alone.
    /// </summary>
    public const string Mask = "X-Mask";
    public const string MaskBeside = "beside";
    public const string MaskAlone = "alone";

    /// <summary>
    /// Request and answer: so many bytes at the end of the body are a mask: what the model says, 8 bits a pixel at the model's input size,
    /// deflated without loss. A request with one is drawn with it, and no model runs. A mask of another model, size or version is
    /// refused with <see cref="Problems.Problem.InvalidMask"/>.
    /// </summary>
    public const string MaskBytes = "X-Mask-Bytes";

    /// <summary>Answer, with a mask: <see cref="Models.ModelInfo.MaskVersion"/> of the model that made it.</summary>
    public const string MaskVersion = "X-Mask-Version";

    /// <summary>Answer: how many images shared the model run.</summary>
    public const string BatchSize = "X-Batch-Size";

    /// <summary>Answer, also on refusals: requests queued + running in the pod at this moment.</summary>
    public const string Load = "X-Load";

    /// <summary>Answer: with 503, why: <see cref="QueueFull"/> or <see cref="Draining"/>. The gateway may then ask another pod.</summary>
    public const string Overload = "X-Overload";
    public const string QueueFull = "queue-full";
    public const string Draining = "draining";

    /// <summary>Answer: size of the picture in pixels.</summary>
    public const string Width = "X-Width";
    public const string Height = "X-Height";

    /// <summary>Answer: size of the upright photograph in pixels, which is the largest picture that could be asked for.</summary>
    public const string MaxWidth = "X-Max-Width";
    public const string MaxHeight = "X-Max-Height";

    /// <summary>Answer: bounding box of the subject, "left top width height" in pixels; "0 0 0 0" without one.</summary>
    public const string Foreground = "X-Foreground";

    /// <summary>Answer: how unsure the model is, 0 (every pixel is subject or background) to 1; three digits.</summary>
    public const string Uncertainty = "X-Uncertainty";

    /// <summary>Answer: how many frames the upload has; the first one is the photograph.</summary>
    public const string Frames = "X-Frames";

    /// <summary>
    /// Answer: where the time went, in milliseconds (W3C Server-Timing). A pod says decode, queue and infer, which are over
    /// when its headers go out; the gateway adds encode, which it sees as the time of the body, and total.
    /// </summary>
    public const string ServerTiming = "Server-Timing";
}
