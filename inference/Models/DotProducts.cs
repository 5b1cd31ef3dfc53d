using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Rembg.Inference.Models;

/// <summary>
/// The processor's instructions that multiply 8-bit integers and sum the products in 32 bits. Without them int8 is no faster, and on
/// x86 less exact: ONNX Runtime then uses an instruction whose sums of two products saturate at 16 bits.
/// </summary>
/// <param name="Name">For people; null where there are none.</param>
public sealed record DotProducts(string? Name)
{
    public static DotProducts OfThisProcessor() => new(
        Avx512Vnni() ?? (AvxVnni.IsSupported ? "AVX-VNNI" : Dp.IsSupported ? "ARM dot product" : null));

    /// <remarks>
    /// .NET has no class for it: the processor says whether it has it, and .NET whether the operating system lets 512 bits through.
    /// AMX comes only on processors with AVX512-VNNI.
    /// </remarks>
    private static string? Avx512Vnni()
    {
        if (!Avx512F.IsSupported) return null;
        var (_, _, features, tiles) = X86Base.CpuId(7, 0);
        return (features & 1 << 11) == 0 ? null : (tiles & 1 << 25) == 0 ? "AVX512-VNNI" : "AVX512-VNNI and AMX";
    }
}
