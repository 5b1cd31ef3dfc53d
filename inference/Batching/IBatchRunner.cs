namespace Rembg.Inference.Batching;

/// <summary>The seam to what computes: an ONNX Runtime session, or a simulated accelerator in tests and benches.</summary>
public interface IBatchRunner
{
    /// <summary>Runs one batch. Throws when the run as a whole failed; the batcher then isolates its members.</summary>
    /// <param name="inputs">Between one and <paramref name="batchSize"/> images, each uint8 RGB interleaved at the model's input size.</param>
    /// <param name="batchSize">The batch dimension to run at; places beyond the inputs are padding.</param>
    /// <returns>For each input its mask, uint8, at the model's input size.</returns>
    Task<byte[][]> RunAsync(IReadOnlyList<byte[]> inputs, int batchSize);
}
