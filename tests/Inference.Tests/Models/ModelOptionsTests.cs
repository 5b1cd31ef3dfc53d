using Rembg.Inference.Models;

namespace Rembg.Inference.Tests.Models;

public class ModelOptionsTests
{
    [Fact]
    public void RunsAtOnce_ShareTheCores()
    {
        var options = new ModelOptions();
        options.ThreadsOfARun(executors: 1).ShouldBe(Environment.ProcessorCount);
        options.ThreadsOfARun(Environment.ProcessorCount).ShouldBe(1);
        options.ThreadsOfARun(10 * Environment.ProcessorCount).ShouldBe(1);
    }

    [Theory, InlineData(Provider.Cuda), InlineData(Provider.TensorRt)]
    public void Int8OnAGpu_IsRefused(Provider provider) =>
        new ModelOptions { Provider = provider, Precision = Precision.Int8 }.Validate(new(this)).ShouldHaveSingleItem().ErrorMessage!.ShouldContain("Models:Precision Int8 runs on the CPU only");

    [Fact]
    public void ThreadsThatAreSet_AreTaken() => new ModelOptions { IntraOpThreads = 3 }.ThreadsOfARun(executors: 2).ShouldBe(3);
}
