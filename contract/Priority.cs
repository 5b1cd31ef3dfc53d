namespace Rembg.Contract;

/// <summary>Who waits for a run: a person, or nobody in particular.</summary>
public enum Priority { Interactive, Background }

public static class PriorityName
{
    /// <summary>As headers and metrics say it.</summary>
    public static string ToName(this Priority priority) => priority == Priority.Interactive ? PodHeaders.Interactive : PodHeaders.Background;
}
