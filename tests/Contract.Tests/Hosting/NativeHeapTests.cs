using System.Globalization;
using System.Runtime.InteropServices;
using Rembg.Contract.Hosting;

namespace Rembg.Contract.Tests.Hosting;

/// <summary>Weighs the whole process, and so runs while nothing else does.</summary>
[CollectionDefinition(nameof(NativeHeapTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(NativeHeapTests))]
public class NativeHeapTests
{
    private const int Pieces = 2000, PieceBytes = 100 << 10;

    [Fact]
    public void WhatIsFreeBetweenPiecesInUse_GoesBackToTheSystem()
    {
        // Every second one goes, so that none of them can grow together or lie at the end, whatever was free before.
        var (goes, stays, content) = (new nint[Pieces], new nint[Pieces], new byte[PieceBytes]);
        for (var i = 0; i < Pieces; i++) (goes[i], stays[i]) = (Piece(content), Piece(content));
        foreach (var piece in goes) Marshal.FreeHGlobal(piece);
        var before = ResidentMebibytes();

        NativeHeap.Trim();

        (before - ResidentMebibytes()).ShouldBeGreaterThan(Pieces * (PieceBytes >> 10) / 1024 / 2, "most of 195 MiB");
        foreach (var piece in stays) Marshal.FreeHGlobal(piece);
    }

    private static nint Piece(byte[] content)
    {
        var piece = Marshal.AllocHGlobal(content.Length);
        Marshal.Copy(content, 0, piece, content.Length);
        return piece;
    }

    private static double ResidentMebibytes() => Environment.SystemPageSize / 1048576.0
        * long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture);
}
