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

    public OnnxSession(string path, ModelSpec spec, ModelOptions options, int threads, int largestBatch)
    {
        Spec = spec;
        (Provider, _session) = ExecutionProviders.Open(path, options, spec, threads, largestBatch);
        _inputs = [.. _session.InputNames];
        _outputs = [.. _session.OutputNames];
        if (_inputs.Length != 1 || _outputs.Length != 1)
            throw new ModelException($"{path} has {_inputs.Length} inputs and {_outputs.Length} outputs; a prepared model has one of each.");
    }

    public ModelSpec Spec { get; }
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
