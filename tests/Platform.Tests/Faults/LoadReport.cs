namespace Rembg.Platform.Tests.Faults;

/// <summary>One request and what became of it; times since the load began.</summary>
/// <param name="Resent">How often its gateway went away before an answer, and it was sent to the next one.</param>
internal sealed record Sent(bool IsTask, TimeSpan Start, TimeSpan End, string Outcome, int Resent)
{
    public const string Picture = "200", Accepted = "202", Unanswered = "unanswered";

    /// <summary>Slower than this is no good answer: usual ones take a tenth of a second on an idle machine.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    public TimeSpan Took => End - Start;
    public bool Succeeded => Outcome is Picture or Accepted;
    public bool IsGood => Succeeded && Took < Slow;
}

/// <summary>Every request of a load, and how each accepted task ended.</summary>
/// <param name="Fault">When the fault began.</param>
internal sealed record LoadReport(IReadOnlyList<Sent> Requests, IReadOnlyList<string> TaskEnds, TimeSpan Fault)
{
    public int Answered => Requests.Count(sent => sent.Succeeded);
    public int Resent => Requests.Sum(sent => sent.Resent);
    public int Slow => Requests.Count(sent => sent is { Succeeded: true, IsGood: false });
    public int TasksLost => TaskEnds.Count(end => end != "succeeded");
    public TimeSpan Slowest => Requests.Max(sent => sent.Took);

    /// <summary>What was answered otherwise than with success, or not at all, as "how many × what".</summary>
    public string[] Failures =>
        [.. Requests.Where(sent => !sent.Succeeded).CountBy(sent => sent.Outcome).OrderBy(outcome => outcome.Key, StringComparer.Ordinal).Select(outcome => $"{outcome.Value} × {outcome.Key}")];

    public string[] FailureCodes => [.. Requests.Where(sent => !sent.Succeeded).Select(sent => sent.Outcome).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>From the fault to the last answer that was bad or slow.</summary>
    public TimeSpan Recovery
    {
        get
        {
            var bad = Requests.Where(sent => !sent.IsGood && sent.End > Fault).Select(sent => sent.End).DefaultIfEmpty(Fault).Max();
            return bad - Fault;
        }
    }
}
