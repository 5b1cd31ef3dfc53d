namespace Rembg.Inference;

/// <summary>
/// Names everything but the model that shapes the bytes of an answer. Raise it when a change here would give other bytes
/// for the same photograph: gateways then stop answering from what they cached before.
/// </summary>
internal static class PipelineVersion
{
    public const string Current = "1";
}
