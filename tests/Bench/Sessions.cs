using Rembg.Inference.Models;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>Opens a prepared model without a pod around it.</summary>
internal static class Sessions
{
    /// <exception cref="ModelException">There is no such file, or the provider cannot be had.</exception>
    public static OnnxSession Open(string model, Precision precision, Provider provider = Provider.Cpu, int largestBatch = 1)
    {
        var options = new ModelOptions { Directory = RepositoryPaths.PreparedModels, Provider = provider, Precision = precision };
        return new OnnxSession(new PreparedModel(model, options, DotProducts.OfThisProcessor()), options, Environment.ProcessorCount, largestBatch);
    }
}
