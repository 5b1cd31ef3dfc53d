using System.Globalization;

namespace Rembg.Cli.Cutout;

/// <summary>Says on standard error what has failed and, to people, how far it is: a bar on a terminal.</summary>
internal sealed class Progress(TextWriter errors, bool isTerminal, int jobs, TimeProvider time)
{
    private const int BarWidth = 30;

    private readonly Lock _lock = new();
    private readonly long _started = time.GetTimestamp();
    private int _done, _failed;
    private bool _saidWhy;

    private bool HasBar => isTerminal && jobs > 1;

    public void Done(Job job)
    {
        lock (_lock)
        {
            _done++;
            if (HasBar) Draw();
            else if (jobs > 1) errors.WriteLine($"{job.Input} -> {job.Output}");
        }
    }

    /// <summary>Once a run: who waits wants to know for what.</summary>
    public void Waiting(string why)
    {
        lock (_lock)
        {
            if (_saidWhy) return;
            _saidWhy = true;
            if (HasBar) errors.Write("\r\e[K");
            errors.WriteLine($"Waiting: {why}");
        }
    }

    public void Failed(Job job, string why)
    {
        lock (_lock)
        {
            _failed++;
            if (HasBar) errors.Write("\r\e[K");
            errors.WriteLine($"{job.Input}: {why}");
            if (HasBar) Draw();
        }
    }

    /// <returns>Whether nothing failed.</returns>
    public bool Finish()
    {
        lock (_lock)
        {
            if (HasBar) errors.WriteLine();
            if (jobs > 1) errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_done} cutouts, {_failed} failed, {time.GetElapsedTime(_started).TotalSeconds:F1} s"));
            return _failed == 0;
        }
    }

    private void Draw()
    {
        var ended = _done + _failed;
        var filled = BarWidth * ended / jobs;
        errors.Write(string.Create(CultureInfo.InvariantCulture, $"\r[{new string('#', filled)}{new string('.', BarWidth - filled)}] {ended}/{jobs} {ended / time.GetElapsedTime(_started).TotalSeconds:F1}/s"));
    }
}
