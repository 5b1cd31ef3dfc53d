using System.ComponentModel.DataAnnotations;

namespace Rembg.Inference.Models;

/// <summary>Where a model runs. Auto takes a GPU when there is one; Cuda and TensorRt fail at start when there is none.</summary>
public enum Provider { Auto, Cpu, Cuda, TensorRt }

/// <summary>What a pod does: make masks and draw, or draw alone, with masks that requests bring.</summary>
public enum PodRole { All, Draw }

/// <summary>Which models a pod loads, and how they run.</summary>
public sealed class ModelOptions : IValidatableObject
{
    public const string Section = "Models";

    /// <summary>All, or Draw: only the models' descriptions are read, no model runs, and requests bring the masks that it draws with. For cores beside GPU pods.</summary>
    public PodRole Role { get; set; } = PodRole.All;

    /// <summary>Folder of prepared models: <c>NAME.onnx</c> with <c>NAME.json</c>, and perhaps <c>NAME.int8.onnx</c> with <c>NAME.int8.json</c>.</summary>
    [Required] public string Directory { get; set; } = "models/prepared";

    /// <summary>Models to load, comma-separated; the first is the default of requests that name none.</summary>
    [Required] public string Names { get; set; } = "isnet-general-use";

    public Provider Provider { get; set; } = Provider.Auto;

    /// <summary>Auto runs int8 on a CPU with 8-bit dot products (AVX512-VNNI, AVX-VNNI, AMX, ARM dot product) where <c>NAME.int8.onnx</c> is there, and full precision elsewhere and on GPUs.</summary>
    public Precision Precision { get; set; } = Precision.Auto;

    /// <summary>Threads inside one run; 0 divides the container's CPU limit among the executors.</summary>
    [Range(0, 1024)] public int IntraOpThreads { get; set; }

    /// <summary>
    /// Threads of one run where <paramref name="executors"/> run at once. ONNX Runtime would count the host's cores for each of them;
    /// .NET's count honours the container's limit, and more threads than cores only wait for each other in every operator.
    /// </summary>
    internal int ThreadsOfARun(int executors) => IntraOpThreads > 0 ? IntraOpThreads : Math.Max(1, Environment.ProcessorCount / executors);

    /// <summary>MiB that the CUDA memory arena may take; 0 leaves it unlimited. Weights and cuDNN come on top.</summary>
    [Range(0, int.MaxValue)] public int GpuMemoryMiB { get; set; }

    /// <summary>Folder for TensorRT engines and timings, so that a restart does not build them anew.</summary>
    public string TensorRtCache { get; set; } = "/tmp/tensorrt";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        NameList.Count == 0 ? [new("Models:Names must hold at least one name.")]
        : Precision == Precision.Int8 && Provider is Provider.Cuda or Provider.TensorRt ? [new("Models:Precision Int8 runs on the CPU only: set Models:Provider to Cpu or Auto.")]
        : [];

    public IReadOnlyList<string> NameList => Names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A model cannot be loaded as configured; the message is for the operator and ends the process.</summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
