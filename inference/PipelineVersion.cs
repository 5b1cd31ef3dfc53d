namespace Rembg.Inference;

/// <summary>
/// Names everything but the model that shapes the bytes of an answer. Raise it when a change gives other bytes for the
/// same photograph: gateways then stop answering from what they cached before. PipelineVersionTests fails when it was forgotten.
/// </summary>
internal static class PipelineVersion
{
    public const string Current = "3";

    /// <summary>The same for the masks alone, which gateways keep for longer: raise it when the model sees or says something else.</summary>
    public const string Mask = "1";
}
