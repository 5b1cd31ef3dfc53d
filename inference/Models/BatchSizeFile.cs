using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.OnnxRuntime;
using Rembg.Inference.Batching;

namespace Rembg.Inference.Models;

/// <summary>
/// Remembers found batch sizes from one start to the next, in <see cref="BatchingOptions.SizesFile"/>. Another processor, number of cores,
/// model, version of ONNX Runtime or option is another entry. A file that cannot be read or written costs the search, and no more.
/// </summary>
internal sealed partial class BatchSizeFile(string? path, ILogger logger)
{
    private const int MaxEntries = 64, MaxBytes = 64 << 10;

    /// <summary>What the sizes depend on; null where nothing is remembered: a GPU, of which the process does not know enough.</summary>
    public static string? KeyOf(OnnxSession session, BatchingOptions options, int threads) => session.Provider != Provider.Cpu ? null : string.Create(CultureInfo.InvariantCulture,
        $"{session.Spec.Name} {session.Spec.Fingerprint()} {session.File.Precision}; {Processor()}, {threads} threads, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MiB; "
        + $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}; at most {options.MaxBatchSize}, gain {options.MinGain}, {options.LatencyTargetSeconds} s, {options.MemoryLimitMiB} MiB, "
        + $"fixed {string.Join(',', options.Sizes.GetValueOrDefault(session.Spec.Name, []))}");

    /// <returns>Null when they are to be searched for.</returns>
    public BatchSizes? Find(string? key) => key is not null && path is not null && Read().TryGetValue(key, out var sizes) && sizes is { Length: > 0 and <= 64 } ? new(sizes) : null;

    public void Remember(string? key, BatchSizes sizes)
    {
        if (key is null || path is null) return;
        var entries = Read();
        if (entries.Count >= MaxEntries) entries.Clear();
        entries[key] = [.. sizes.All];
        try
        {
            // Whole or not at all: another pod may read it at this moment.
            var written = $"{path}.{Guid.NewGuid():N}";
            File.WriteAllBytes(written, JsonSerializer.SerializeToUtf8Bytes(entries, BatchSizeJson.Default.DictionaryStringInt32Array));
            File.Move(written, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotRemembered(logger, path, exception.Message);
        }
    }

    private Dictionary<string, int[]> Read()
    {
        try
        {
            if (new FileInfo(path!) is { Exists: true, Length: <= MaxBytes })
                return JsonSerializer.Deserialize(File.ReadAllBytes(path!), BatchSizeJson.Default.DictionaryStringInt32Array) ?? [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            Log.NotRead(logger, path!, exception.Message);
        }
        return [];
    }

    /// <summary>Its name where the system tells it, and how many cores of it there are.</summary>
    private static string Processor()
    {
        const string Info = "/proc/cpuinfo";
        var name = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[^1].Trim() : null;
        return $"{name ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString()} x {Environment.ProcessorCount}";
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Batch sizes cannot be kept in {Path}, the next start searches again: {Reason}")]
        public static partial void NotRemembered(ILogger logger, string path, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be read, batch sizes are searched for: {Reason}")]
        public static partial void NotRead(ILogger logger, string path, string reason);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, int[]>))]
internal sealed partial class BatchSizeJson : JsonSerializerContext;
