using System.Runtime.InteropServices;

namespace Rembg.Contract.Hosting;

/// <summary>
/// The heap of the native libraries and of the runtime's compiler. glibc gives threads arenas of their own, up to eight a core,
/// and raises the size from which a block is mapped alone. Each arena then keeps its peak for good: in a pod because decoders
/// come and go on every thread, in a gateway because code that a burst makes hot is compiled anew (30 MiB that stayed).
/// </summary>
public static partial class NativeHeap
{
    private const int ArenaMax = -8, MmapThreshold = -3, TrimThreshold = -1;
    private const int TrimThresholdBytes = 16 << 20;

    /// <summary>To be called before there are threads. Another libc than glibc, which has no such function, is left alone.</summary>
    public static void Bound()
    {
        try
        {
            _ = SetOption(ArenaMax, 2);
            _ = SetOption(MmapThreshold, 4 << 20); // set at all, it no longer grows; strips of rows stay below it
            _ = SetOption(TrimThreshold, TrimThresholdBytes); // else a strip that is let go goes back to the system, page by page
        }
        catch (EntryPointNotFoundException)
        {
        }
    }

    /// <summary>
    /// Gives whole free pages back to the system. By itself glibc gives back only what is free at an arena's end; what is free
    /// between pieces still in use stays, more of it with each new mix of pictures.
    /// </summary>
    public static void Trim()
    {
        try
        {
            _ = ReleaseFreePages(TrimThresholdBytes);
        }
        catch (EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int ReleaseFreePages(nint pad);
}
