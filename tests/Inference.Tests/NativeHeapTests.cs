using System.Globalization;
using System.Runtime.InteropServices;

namespace Rembg.Inference.Tests;

/// <summary>Weighs the whole process, and so runs while nothing else does.</summary>
[CollectionDefinition(nameof(NativeHeapTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(NativeHeapTests))]
public class NativeHeapTests
{
    private const int Pieces = 4000, PieceBytes = 100 << 10;

    [Fact]
    public void WhatIsFreeBetweenPiecesInUse_GoesBackToTheSystem()
    {
        var (large, small, content) = (new nint[Pieces], new nint[Pieces], new byte[PieceBytes]);
        for (var i = 0; i < Pieces; i++)
        {
            (large[i], small[i]) = (Marshal.AllocHGlobal(PieceBytes), Marshal.AllocHGlobal(16));
            Marshal.Copy(content, 0, large[i], PieceBytes);
        }
        foreach (var piece in large) Marshal.FreeHGlobal(piece);
        var before = ResidentMebibytes();

        NativeHeap.Trim();

        (before - ResidentMebibytes()).ShouldBeGreaterThan(Pieces * (PieceBytes >> 10) / 1024 / 2, "most of 390 MiB");
        foreach (var piece in small) Marshal.FreeHGlobal(piece);
    }

    private static double ResidentMebibytes() => Environment.SystemPageSize / 1048576.0
        * long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture);
}
