using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;
using Rembg.Contract.Models;

namespace Rembg.Inference.Models;

/// <summary>
/// Opens a session on an execution provider. An explicit GPU provider that cannot be had is an error, never a silent
/// fall-back to the CPU, which made rembg's users search for months: without its library or a device, ONNX Runtime refuses the session.
/// <c>session.disable_cpu_ep_fallback</c> would not do: ONNX Runtime keeps a graph's shape arithmetic on the CPU by design, and with
/// that setting refused IS-Net on an H200.
/// </summary>
internal static class ExecutionProviders
{
    /// <summary>The session, and the provider that runs it.</summary>
    /// <param name="model">Its file for each provider.</param>
    /// <param name="options">Which provider, and its settings.</param>
    /// <param name="threads">Of one run, on the CPU.</param>
    /// <param name="largestBatch">For TensorRT's profile, which must name its shapes.</param>
    /// <exception cref="ModelException">The GPU provider that was asked for cannot be had.</exception>
    public static (Provider Provider, InferenceSession Session) Open(PreparedModel model, ModelOptions options, int threads, int largestBatch)
    {
        if (options.Provider == Provider.Cpu || options.Precision == Precision.Int8) return OnCpu();
        var wanted = options.Provider == Provider.Auto ? Provider.Cuda : options.Provider;
        try
        {
            // A missing library fails with the options, a missing device or an old driver not before the session.
            var file = model.On(wanted);
            return (wanted, Open(file.Path, wanted == Provider.TensorRt ? TensorRt(options, file.Spec, threads, largestBatch) : Cuda(options, threads)));
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException or NotSupportedException)
        {
            if (options.Provider == Provider.Auto) return OnCpu();
            throw new ModelException(
                $"Models:Provider is {wanted}, but this process cannot use it: no usable GPU, driver or {wanted} library, or a build for the CPU "
                + $"(build with -p:Accelerator=cuda). Set Models:Provider to Cpu or Auto to run without a GPU. ONNX Runtime says: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }

        (Provider, InferenceSession) OnCpu() => (Provider.Cpu, Open(model.On(Provider.Cpu).Path, Common(threads)));
    }

    private static InferenceSession Open(string path, SessionOptions options)
    {
        using (options) return new InferenceSession(path, options);
    }

    private static SessionOptions Cuda(ModelOptions options, int threads)
    {
        var session = Common(threads);
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(CudaOptions(options));
        session.AppendExecutionProvider_CUDA(cuda);
        return session;
    }

    private static SessionOptions TensorRt(ModelOptions options, ModelSpec spec, int threads, int largestBatch)
    {
        var session = Common(threads);
        string Shape(int batch) => $"{spec.InputName}:{batch}x3x{spec.InputHeight}x{spec.InputWidth}";
        using var tensorRt = new OrtTensorRTProviderOptions();
        tensorRt.UpdateOptions(new()
        {
            ["trt_fp16_enable"] = "1",
            ["trt_engine_cache_enable"] = "1",
            ["trt_engine_cache_path"] = options.TensorRtCache,
            ["trt_timing_cache_enable"] = "1",
            ["trt_timing_cache_path"] = options.TensorRtCache,
            // Without a profile every new batch size would build an engine, for minutes, under traffic.
            ["trt_profile_min_shapes"] = Shape(1),
            ["trt_profile_opt_shapes"] = Shape(largestBatch),
            ["trt_profile_max_shapes"] = Shape(largestBatch),
            ["trt_context_memory_sharing_enable"] = "1",
        });
        session.AppendExecutionProvider_Tensorrt(tensorRt);
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(CudaOptions(options));
        session.AppendExecutionProvider_CUDA(cuda);
        return session;
    }

    private static Dictionary<string, string> CudaOptions(ModelOptions options) => new()
    {
        // EXHAUSTIVE, the default, searches again at every new shape; DEFAULT is far slower since 1.20.
        ["cudnn_conv_algo_search"] = "HEURISTIC",
        ["cudnn_conv_use_max_workspace"] = "1",
        // The layout that tensor cores want: 338 instead of 306 images/s of IS-Net on an H200, batch 8.
        ["prefer_nhwc"] = "1",
        // The default doubles the arena at every growth.
        ["arena_extend_strategy"] = "kSameAsRequested",
        ["do_copy_in_default_stream"] = "1",
        ["gpu_mem_limit"] = (options.GpuMemoryMiB == 0 ? (ulong)long.MaxValue : (ulong)options.GpuMemoryMiB << 20).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static SessionOptions Common(int threads)
    {
        var session = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            InterOpNumThreads = 1,
            IntraOpNumThreads = threads,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // Spinning threads would take the cores from decoding and encoding.
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        session.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        return session;
    }
}
