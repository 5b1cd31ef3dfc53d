using Rembg.Inference.Models;

namespace Rembg.Inference.Tests.Models;

public sealed class PreparedModelTests : IDisposable
{
    private static readonly DotProducts Vnni = new("AVX512-VNNI"), None = new((string?)null);
    private readonly TinyModelFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ProcessorWithDotProducts_RunsInt8() => ShouldRun(Precision.Int8, "this processor has AVX512-VNNI", Find(Precision.Auto, Vnni));

    [Fact]
    public void ProcessorWithoutDotProducts_RunsFull() => ShouldRun(Precision.Full, "this processor has no 8-bit dot products", Find(Precision.Auto, None));

    [Fact]
    public void NoInt8File_RunsFull() => ShouldRun(Precision.Full, "there is no tiny.int8.onnx", Find(Precision.Auto, Vnni, withInt8: false));

    [Fact]
    public void FullIsAskedFor_RunsFull() => ShouldRun(Precision.Full, "Models:Precision is Full", Find(Precision.Full, Vnni));

    [Fact]
    public void Int8IsAskedFor_RunsOnAnyProcessor() => ShouldRun(Precision.Int8, "Models:Precision is Int8", Find(Precision.Int8, None));

    [Theory, InlineData(Provider.Cuda), InlineData(Provider.TensorRt)]
    public void Gpu_RunsFull(Provider provider) => Find(Precision.Auto, Vnni).On(provider).Precision.ShouldBe(Precision.Full);

    [Fact]
    public void Int8IsAskedFor_AndThereIsNone_SaysWhatToDo() =>
        Should.Throw<ModelException>(() => Find(Precision.Int8, Vnni, withInt8: false)).Message.ShouldContain("holds no tiny.int8.onnx. Set it to Auto or Full, or calibrate");

    private static void ShouldRun(Precision precision, string reason, PreparedModel model)
    {
        var file = model.On(Provider.Cpu);
        (file.Precision, file.Reason).ShouldBe((precision, reason));
        Path.GetFileName(file.Path).ShouldBe(precision == Precision.Int8 ? "tiny.int8.onnx" : "tiny.onnx");
    }

    private PreparedModel Find(Precision precision, DotProducts processor, bool withInt8 = true)
    {
        _folder.Add();
        if (withInt8) _folder.AddInt8();
        return new PreparedModel("tiny", new ModelOptions { Directory = _folder.Path, Precision = precision }, processor);
    }
}
