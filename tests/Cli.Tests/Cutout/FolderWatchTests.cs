using Microsoft.Extensions.Time.Testing;
using Rembg.Cli.Cutout;
using Rembg.Contract.Cutouts;

namespace Rembg.Cli.Tests.Cutout;

public sealed class FolderWatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ImageIsGivenOnce_WhenItIsWhole()
    {
        await File.WriteAllTextAsync(_folder["a.jpg"], "first");
        var looks = 0;
        var seen = await SeeAsync(() =>
        {
            looks++;
            if (looks == 2) File.AppendAllText(_folder["a.jpg"], "second"); // still being written
            return Job.Find(_folder.Path, null, OutputFormat.Png);
        }, () => looks == 6);

        seen.ShouldBe([(3, _folder["a.jpg"])]);
    }

    [Fact]
    public async Task ImageThatCame_IsGiven_AndOneWithACutoutIsNot()
    {
        await File.WriteAllTextAsync(_folder["old.jpg"], "x");
        await File.WriteAllTextAsync(_folder["old.cutout.png"], "x");
        var looks = 0;
        var seen = await SeeAsync(() =>
        {
            looks++;
            if (looks == 3) File.WriteAllText(_folder["new.jpg"], "x");
            return Job.Find(_folder.Path, null, OutputFormat.Png);
        }, () => looks == 6);

        seen.ShouldBe([(4, _folder["new.jpg"])]);
    }

    /// <returns>At which look which image was given.</returns>
    private async Task<List<(int Look, string Input)>> SeeAsync(Func<IReadOnlyList<Job>> find, Func<bool> isEnough)
    {
        using var stop = new CancellationTokenSource();
        var (look, seen) = (0, new List<(int, string)>());
        IReadOnlyList<Job> Look()
        {
            look++;
            var found = find();
            if (isEnough()) stop.Cancel();
            return found;
        }
        var watching = Task.Run(async () =>
        {
            await foreach (var jobs in new FolderWatch(Look, _time).ChangesAsync(stop.Token)) seen.AddRange(jobs.Select(job => (look, job.Input)));
        });
        while (!watching.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await Should.ThrowAsync<OperationCanceledException>(watching);
        return seen;
    }
}
