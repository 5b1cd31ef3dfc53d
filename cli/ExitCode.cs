namespace Rembg.Cli;

/// <summary>What scripts are told.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>At least one image has no cutout.</summary>
    public const int Failed = 1;

    /// <summary>The command makes no sense; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C. What was finished stays.</summary>
    public const int Stopped = 130;
}
