using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Rembg.Contract;
using Rembg.Inference.Batching;
using Rembg.Inference.Models;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Tests.Models;

public sealed class LoadedModelTests : IDisposable
{
    private readonly TinyModelFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    [Fact]
    public async Task FixedBatchSizes_AreUsedAsGiven()
    {
        _folder.Add();
        await using var model = Load(new() { Sizes = { ["tiny"] = [1, 2, 4] } });

        model.Info.BatchSizes.ShouldBe([1, 2, 4]);
        model.Info.Provider.ShouldBe("cpu");
        model.Info.InputWidth.ShouldBe(64);
    }

    [Fact]
    public async Task BatchesThatDifferFromSingles_RunOneByOne()
    {
        _folder.Add(mixesBatch: true);
        await using var model = Load(new() { Sizes = { ["tiny"] = [1, 2, 4] } });
        model.Info.BatchSizes.ShouldBe([1]);
    }

    [Fact]
    public async Task EveryStepGains_TheLargestAllowedSizeIsFound()
    {
        _folder.Add();
        // Without a demanded gain every size that agrees with its singles is taken: no clock decides this test.
        await using var model = Load(new() { MinGain = 0, MaxBatchSize = 4, LatencyTargetSeconds = 600 }, minGain: -1);
        model.Info.BatchSizes.ShouldBe([1, 2, 4]);
    }

    [Fact]
    public async Task FoundSizes_AreRememberedForTheSameModelAndOptions()
    {
        var file = Path.Combine(_folder.Path, "sizes.json");
        _folder.Add();
        await using (var first = Load(new() { MaxBatchSize = 4, LatencyTargetSeconds = 600, SizesFile = file }, minGain: -1)) first.Info.BatchSizes.ShouldBe([1, 2, 4]);

        // What is remembered is not measured: the file says so.
        var text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text.Replace("4\n", "3\n", StringComparison.Ordinal));
        await using (var again = Load(new() { MaxBatchSize = 4, LatencyTargetSeconds = 600, SizesFile = file }, minGain: -1)) again.Info.BatchSizes.ShouldBe([1, 2, 3]);
        await using (var other = Load(new() { MaxBatchSize = 2, LatencyTargetSeconds = 600, SizesFile = file }, minGain: -1)) other.Info.BatchSizes.ShouldBe([1, 2]);
        Directory.GetFiles(_folder.Path, "sizes.json*").ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("null")]
    [InlineData("[1, 2]")]
    public async Task FileOfSizesThatIsNone_CostsTheSearchOnly(string text)
    {
        var file = Path.Combine(_folder.Path, "sizes.json");
        await File.WriteAllTextAsync(file, text);
        _folder.Add();
        await using var model = Load(new() { MaxBatchSize = 2, LatencyTargetSeconds = 600, SizesFile = file }, minGain: -1);
        model.Info.BatchSizes.ShouldBe([1, 2]);
        (await File.ReadAllTextAsync(file)).ShouldContain("tiny");
    }

    [Fact]
    public async Task SizesThatCannotBeKept_AreUsedAllTheSame()
    {
        _folder.Add();
        await using var model = Load(new() { MaxBatchSize = 2, LatencyTargetSeconds = 600, SizesFile = Path.Combine(_folder.Path, "nowhere", "sizes.json") }, minGain: -1);
        model.Info.BatchSizes.ShouldBe([1, 2]);
    }

    [Fact]
    public async Task NoStepCanMeetTheLatencyTarget_OneByOne()
    {
        _folder.Add();
        await using var model = Load(new() { LatencyTargetSeconds = 1e-9 });
        model.Info.BatchSizes.ShouldBe([1]);
    }

    [Fact]
    public async Task NoMemoryForAnother_OneByOne()
    {
        _folder.Add();
        await using var model = Load(new() { MemoryLimitMiB = 1 });
        model.Info.BatchSizes.ShouldBe([1]);
    }

    [Fact]
    public async Task ConcurrentRequests_GetTheirOwnMasks()
    {
        _folder.Add();
        await using var model = Load(new() { Sizes = { ["tiny"] = [1, 2, 4, 8] } });
        var images = Enumerable.Range(0, 40).Select(seed => Image(model.Inputs.Bytes, seed)).ToArray();
        var alone = new List<byte[]>();
        foreach (var image in images) alone.Add((await Run(model, image)).Mask);

        var together = await Task.WhenAll(images.Select(image => Run(model, image)));

        together.Select(r => r.BatchSize).Max().ShouldBeGreaterThan(1);
        for (var i = 0; i < images.Length; i++) Difference(together[i].Mask, alone[i]).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void MissingModel_SaysHowToPrepareIt() =>
        Should.Throw<ModelException>(() => Load(new())).Message.ShouldContain("dotnet run --project models/tool -- tiny");

    [Theory]
    [InlineData(Provider.Cuda)]
    [InlineData(Provider.TensorRt)]
    public void ExplicitGpuWithoutOne_IsOneClearMessage(Provider provider)
    {
        _folder.Add();
        var message = Should.Throw<ModelException>(() => Load(new(), provider)).Message;
        message.ShouldStartWith($"Models:Provider is {provider}");
        message.ShouldNotContain("\n");
    }

    private LoadedModel Load(BatchingOptions batching, Provider provider = Provider.Auto, double? minGain = null)
    {
        if (minGain is { } gain) batching.MinGain = gain;
        var metrics = new InferenceMetrics(_services.GetRequiredService<IMeterFactory>());
        return LoadedModel.Load("tiny", new ModelOptions { Directory = _folder.Path, Provider = provider }, new DotProducts(null), batching, metrics, TimeProvider.System, NullLogger.Instance);
    }

    private static Task<BatchResult> Run(LoadedModel model, byte[] image) =>
        model.Batcher!.RunAsync(image, Priority.Interactive, Deadline.After(TimeSpan.FromMinutes(1), TimeProvider.System), CancellationToken.None);

    private static byte[] Image(int bytes, int seed)
    {
        var image = new byte[bytes];
        new Random(seed).NextBytes(image);
        return image;
    }

    private static int Difference(byte[] mask, byte[] other) => mask.Zip(other, (a, b) => Math.Abs(a - b)).Max();

    public void Dispose()
    {
        _services.Dispose();
        _folder.Dispose();
    }
}
