using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Rembg.Contract.Models;
using Rembg.Inference.Batching;

namespace Rembg.Inference.Models;

/// <summary>
/// Finds out at start which batch sizes a model should run at, on this machine: doubles while each step gains
/// throughput within the latency target and the memory limit, and refuses batches whose images come out different from
/// single runs, as some exported graphs have the batch of one baked in.
/// </summary>
internal sealed partial class BatchSizeSearch(OnnxSession session, BatchingOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>A mask value may differ by one step of 255 between a batch and a single run.</summary>
    private const int Tolerance = 1;
    private readonly ModelSpec _spec = session.Spec;
    private readonly byte[][] _probes = [Probe(session.InputBytes, 1), Probe(session.InputBytes, 2)];

    /// <summary>True when a size was run that is not going to be used: the session's arena then holds memory for nothing.</summary>
    public bool OutgrewResult { get; private set; }

    public BatchSizes Run()
    {
        var wanted = options.Sizes.TryGetValue(_spec.Name, out var configured) ? new BatchSizes(configured) : null;
        if (wanted?.Largest == 1 || (wanted is null && options.MaxBatchSize == 1)) return BatchSizes.OneByOne;

        // The first run of a session pays for its set-up, so only the second one's time counts.
        var singles = _probes.Select(probe => Measure([probe])).ToArray();
        var expected = singles.Select(single => single.Masks[0]).ToArray();

        if (wanted is not null) return Agrees(wanted.All.First(size => size > 1), expected, out _) ? wanted : BatchSizes.OneByOne;

        var (sizes, took) = (new List<int> { 1 }, singles[^1].Seconds);
        for (var size = 2; size <= options.MaxBatchSize; size *= 2)
        {
            // A larger batch takes longer still.
            if (took >= options.LatencyTargetSeconds || !FitsInMemory(size, sizes[^1])) break;
            OutgrewResult = true;
            if (!Agrees(size, expected, out var seconds)) return BatchSizes.OneByOne;
            if (Gain() >= options.MinGain)
            {
                // What looks like a gain may be another program's pause: both sides once more before it is believed.
                took = Math.Min(took, Measure(Batch(sizes[^1])).Seconds);
                seconds = Math.Min(seconds, Measure(Batch(size)).Seconds);
            }
            var gain = Gain();
            var used = gain >= options.MinGain && seconds <= options.LatencyTargetSeconds;
            Log.Measured(logger, _spec.Name, size, seconds * 1000, gain * 100, used ? "used" : "not used");
            if (!used) break;
            OutgrewResult = false;
            took = seconds;
            sizes.Add(size);

            double Gain() => took / sizes[^1] / (seconds / size) - 1;
        }
        return new BatchSizes(sizes);
    }

    private byte[][] Batch(int size) => [.. Enumerable.Range(0, size).Select(i => _probes[i % 2])];

    private bool Agrees(int size, byte[][] expected, out double seconds)
    {
        seconds = 0;
        try
        {
            (var masks, seconds) = Measure(Batch(size));
            var difference = masks.Select((mask, i) => Difference(mask, expected[i % 2])).Max();
            if (difference <= Tolerance) return true;
            Log.Differs(logger, _spec.Name, size, difference);
        }
        catch (OnnxRuntimeException exception)
        {
            Log.CannotBatch(logger, _spec.Name, size, exception.Message);
        }
        return false;
    }

    /// <summary>Repeats short runs, whose times scatter; a run of a second is its own best estimate.</summary>
    private (byte[][] Masks, double Seconds) Measure(byte[][] inputs)
    {
        var buffers = new RunBuffers(_spec, inputs.Length);
        for (var i = 0; i < inputs.Length; i++) Normalization.ToInput(inputs[i], _spec, buffers.InputOf(i));
        // A GPU chooses and loads its kernels at the first run of each size: 410 ms instead of 12 on an H200.
        if (session.Provider != Provider.Cpu) session.Run(buffers, inputs.Length);
        var (best, total) = (double.MaxValue, 0.0);
        for (var run = 0; run < 5 && total < 0.3; run++)
        {
            var started = time.GetTimestamp();
            session.Run(buffers, inputs.Length);
            var seconds = time.GetElapsedTime(started).TotalSeconds;
            (best, total) = (Math.Min(best, seconds), total + seconds);
        }
        return ([.. Enumerable.Range(0, inputs.Length).Select(i => Normalization.ToMask(buffers.OutputOf(i), _spec.Activation))], best);
    }

    /// <summary>What the process holds now was grown by the size before; the next one may need that much again for each added image.</summary>
    private bool FitsInMemory(int size, int before)
    {
        var limit = options.MemoryLimitMiB > 0
            ? (long)options.MemoryLimitMiB << 20
            : (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.8);
        using var process = Process.GetCurrentProcess();
        var expected = process.WorkingSet64 / before * size;
        if (expected <= limit) return true;
        Log.TooMuchMemory(logger, _spec.Name, size, expected >> 20, limit >> 20);
        return false;
    }

    private static int Difference(byte[] mask, byte[] other)
    {
        var most = 0;
        for (var i = 0; i < mask.Length; i++) most = Math.Max(most, Math.Abs(mask[i] - other[i]));
        return most;
    }

    /// <summary>Smooth bands with noise on them: every run gives it a mask that is not flat.</summary>
    private static byte[] Probe(int length, int seed)
    {
        var probe = new byte[length];
        new Random(seed).NextBytes(probe);
        for (var i = 0; i < length; i++) probe[i] = (byte)((probe[i] >> 2) + (i * seed / (length / 16) % 4 * 48));
        return probe;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{Model}: batch of {Size} takes {Milliseconds:F0} ms, {Gain:F0} % more throughput than the size below: {Used}")]
        public static partial void Measured(ILogger logger, string model, int size, double milliseconds, double gain, string used);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Model} gives other masks in a batch of {Size} than in single runs (by up to {Difference}/255); it runs one image at a time")]
        public static partial void Differs(ILogger logger, string model, int size, int difference);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Model} cannot run a batch of {Size}; it runs one image at a time ({Reason})")]
        public static partial void CannotBatch(ILogger logger, string model, int size, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "{Model}: batch of {Size} not tried, it might need {Expected} MiB of {Limit} MiB")]
        public static partial void TooMuchMemory(ILogger logger, string model, int size, long expected, long limit);
    }
}
