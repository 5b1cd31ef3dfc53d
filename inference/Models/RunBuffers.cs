using Microsoft.ML.OnnxRuntime;
using Rembg.Contract.Models;

namespace Rembg.Inference.Models;

/// <summary>The float tensors of one executor, for batches up to a largest size, used again for every run.</summary>
internal sealed class RunBuffers(ModelSpec spec, int largestBatch)
{
    private readonly float[] _input = GC.AllocateUninitializedArray<float>(largestBatch * 3 * spec.InputWidth * spec.InputHeight, pinned: true);
    private readonly float[] _output = GC.AllocateUninitializedArray<float>(largestBatch * spec.InputWidth * spec.InputHeight, pinned: true);
    private readonly int _pixels = spec.InputWidth * spec.InputHeight;

    public Span<float> InputOf(int place) => _input.AsSpan(place * 3 * _pixels, 3 * _pixels);
    public ReadOnlySpan<float> OutputOf(int place) => _output.AsSpan(place * _pixels, _pixels);

    public OrtValue Input(int batchSize) => Tensor(_input, batchSize, 3);
    public OrtValue Output(int batchSize) => Tensor(_output, batchSize, 1);

    private OrtValue Tensor(float[] values, int batchSize, int channels) => OrtValue.CreateTensorValueFromMemory(
        OrtMemoryInfo.DefaultInstance, values.AsMemory(0, batchSize * channels * _pixels), [batchSize, channels, spec.InputHeight, spec.InputWidth]);
}
