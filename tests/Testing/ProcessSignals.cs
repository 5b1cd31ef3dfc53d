using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Rembg.Testing;

/// <summary>POSIX signals, which <see cref="Process"/> has no other way to send.</summary>
public static class ProcessSignals
{
    /// <summary>SIGTERM: please end.</summary>
    public static void Terminate(this Process process) => process.Send(15);

    /// <summary>SIGSTOP: connections stay open and nothing answers, as on a stalled host.</summary>
    public static void Freeze(this Process process) => process.Send(19);

    /// <summary>SIGCONT: goes on after <see cref="Freeze"/>.</summary>
    public static void Thaw(this Process process) => process.Send(18);

    private static void Send(this Process process, int signal)
    {
        if (kill(process.Id, signal) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}
