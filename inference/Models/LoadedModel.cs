using Rembg.Contract.Models;
using Rembg.Inference.Batching;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Models;

/// <summary>A model that is warm: its description, its batcher, and the buffers that its inputs live in.</summary>
public sealed partial class LoadedModel : IAsyncDisposable
{
    private readonly OnnxSession? _session;
    private readonly OnnxRunner? _runner;

    private LoadedModel(OnnxSession? session, OnnxRunner? runner, Batcher? batcher, ModelInfo info) =>
        (_session, _runner, Batcher, Info, Inputs) = (session, runner, batcher, info, new InputPool(3 * info.InputWidth * info.InputHeight));

    public ModelInfo Info { get; }

    /// <summary>Null in a pod that only draws.</summary>
    public Batcher? Batcher { get; }
    public InputPool Inputs { get; }

    /// <summary>Loads, finds the batch sizes or remembers them, and runs each of them once, largest first, so that the first request meets no cliff.</summary>
    /// <exception cref="ModelException">With a message for the operator.</exception>
    public static LoadedModel Load(string name, ModelOptions models, DotProducts processor, BatchingOptions batching, InferenceMetrics metrics, TimeProvider time, ILogger logger)
    {
        var started = time.GetTimestamp();
        var prepared = new PreparedModel(name, models, processor);
        var threads = models.ThreadsOfARun(Math.Max(1, batching.Executors));
        var session = new OnnxSession(prepared, models, threads, batching.MaxBatchSize);
        var loaded = time.GetElapsedTime(started);
        var (memory, key) = (new BatchSizeFile(batching.SizesFile, logger), BatchSizeFile.KeyOf(session, batching, threads));
        var sizes = memory.Find(key);
        if (sizes is null)
        {
            var search = new BatchSizeSearch(session, batching, time, logger);
            sizes = search.Run();
            memory.Remember(key, sizes);
            if (search.OutgrewResult)
            {
                session.Dispose();
                session = new OnnxSession(prepared, models, threads, batching.MaxBatchSize);
            }
        }
        var found = time.GetElapsedTime(started) - loaded;

        var executors = batching.Executors > 0 ? batching.Executors : session.Provider == Provider.Cpu ? 1 : 2;
        var runner = new OnnxRunner(session, executors, sizes.Largest);
        var cost = new CostModel();
        foreach (var size in sizes.All.Reverse()) WarmUp(runner, session.InputBytes, size, cost, time);

        var (file, spec) = (session.File, session.Spec);
        var (provider, precision) = (session.Provider.ToString().ToLowerInvariant(), file.Precision.ToString().ToLowerInvariant());
        var warmed = time.GetElapsedTime(started) - loaded - found;
        var allowed = string.Join(", ", sizes.All);
        Log.Ready(logger, name, provider, precision, file.Reason, allowed, loaded.TotalSeconds, found.TotalSeconds, warmed.TotalSeconds);
        metrics.ModelLoaded(name, provider, precision, sizes.Largest);
        var batcher = new Batcher(runner, sizes, executors, batching, cost, metrics.ForModel(name, logger), time);
        return new LoadedModel(session, runner, batcher, Describe(name, file, provider, sizes.All));
    }

    /// <summary>Reads what the model's masks are, to draw with them.</summary>
    /// <exception cref="ModelException">With a message for the operator.</exception>
    public static LoadedModel ForDrawing(string name, ModelOptions models, DotProducts processor) => new(null, null, null,
        Describe(name, new PreparedModel(name, models, processor).On(Provider.Cpu), ModelInfo.NoProvider, [Environment.ProcessorCount]));

    private static ModelInfo Describe(string name, ModelFile file, string provider, IReadOnlyList<int> batchSizes) => new(
        name, file.Spec.Sha256, file.Spec.InputWidth, file.Spec.InputHeight, file.Spec.License, provider, batchSizes, Version: $"{PipelineVersion.Current}-{file.Spec.Fingerprint()}",
        file.Precision.ToString().ToLowerInvariant(), MaskVersion: $"{PipelineVersion.Mask}-{file.Spec.Fingerprint()}");

    private static void WarmUp(OnnxRunner runner, int inputBytes, int size, CostModel cost, TimeProvider time)
    {
        var started = time.GetTimestamp();
        runner.RunAsync([.. Enumerable.Repeat(new byte[inputBytes], size)], size).GetAwaiter().GetResult();
        cost.Learn(size, time.GetElapsedTime(started));
    }

    public async ValueTask DisposeAsync()
    {
        if (Batcher is not null) await Batcher.DisposeAsync();
        _runner?.Dispose();
        _session?.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{Model} is warm on {Provider}, precision {Precision} ({Reason}), batch sizes {Sizes} (load {LoadSeconds:F1} s, batch sizes {SearchSeconds:F1} s, warm-up {WarmUpSeconds:F1} s)")]
        public static partial void Ready(ILogger logger, string model, string provider, string precision, string reason, string sizes, double loadSeconds, double searchSeconds, double warmUpSeconds);
    }
}
