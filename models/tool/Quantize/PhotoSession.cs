using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Rembg.Contract.Models;
using Rembg.Models.Onnx;

namespace Rembg.Models.Quantize;

/// <summary>A graph in ONNX Runtime on the CPU, for one photograph at a time.</summary>
internal sealed class PhotoSession : IDisposable
{
    private readonly ModelSpec _spec;
    private readonly InferenceSession _session;
    private readonly string[] _outputs;

    public PhotoSession(ModelProto model, ModelSpec spec)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _spec = spec;
        _session = new InferenceSession(model.ToByteArray(), options);
        _outputs = [.. model.Graph.Output.Select(output => output.Name)];
    }

    /// <param name="rgb">A photograph at the model's size.</param>
    public byte[] Mask(byte[] rgb) => Normalization.ToMask(Run(rgb)[0], _spec.Activation);

    /// <returns>Every output, in the graph's order.</returns>
    public float[][] Run(byte[] rgb)
    {
        var planes = new float[rgb.Length];
        Normalization.ToInput(rgb, _spec, planes);
        using var input = OrtValue.CreateTensorValueFromMemory(planes, [1, 3, _spec.InputHeight, _spec.InputWidth]);
        using var options = new RunOptions();
        using var outputs = _session.Run(options, [_spec.InputName], [input], _outputs);
        return [.. outputs.Select(output => output.GetTensorDataAsSpan<float>().ToArray())];
    }

    public void Dispose() => _session.Dispose();
}
