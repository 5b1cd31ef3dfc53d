using Microsoft.ML.OnnxRuntime;
using Rembg.Contract.Models;

namespace Rembg.Inference.Models;

/// <summary>One ONNX Runtime session of a prepared model: float32 N×3×H×W in, N×1×H×W out, N free. Safe for concurrent runs.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    /// <exception cref="ModelException">The provider that was asked for cannot be had, or the file is not a prepared model.</exception>
    public OnnxSession(PreparedModel model, ModelOptions options, int threads, int largestBatch)
    {
        (Provider, _session) = ExecutionProviders.Open(model, options, threads, largestBatch);
        File = model.On(Provider);
        _inputs = [.. _session.InputNames];
        _outputs = [.. _session.OutputNames];
        if (_inputs.Length != 1 || _outputs.Length != 1)
            throw new ModelException($"{File.Path} has {_inputs.Length} inputs and {_outputs.Length} outputs; a prepared model has one of each.");
    }

    public ModelFile File { get; }
    public ModelSpec Spec => File.Spec;
    public Provider Provider { get; }
    public int InputBytes => Spec.InputWidth * Spec.InputHeight * 3;

    public void Run(RunBuffers buffers, int batchSize)
    {
        using var input = buffers.Input(batchSize);
        using var output = buffers.Output(batchSize);
        _session.Run(_run, _inputs, [input], _outputs, [output]);
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }
}
