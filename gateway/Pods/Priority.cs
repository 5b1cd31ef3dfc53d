using Rembg.Contract;

namespace Rembg.Gateway.Pods;

/// <summary>Who waits for a run: a person, or nobody in particular.</summary>
public enum Priority { Interactive, Background }

internal static class PriorityHeader
{
    public static string ToHeader(this Priority priority) => priority == Priority.Interactive ? PodHeaders.Interactive : PodHeaders.Background;
}
