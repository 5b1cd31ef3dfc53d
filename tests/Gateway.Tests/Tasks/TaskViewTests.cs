using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tasks;

namespace Rembg.Gateway.Tests.Tasks;

public class TaskViewTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-3600, 0)]
    [InlineData(2, 2000)]
    public void DurationByAClockThatWasSet_IsNotNegative(int seconds, long expected)
    {
        var view = TaskView.Of(Task(result: null) with { StartedAt = Noon.AddSeconds(seconds), FinishedAt = Noon.AddSeconds(2 * seconds) }, "");
        (view.WaitedMs, view.RanMs).ShouldBe((expected, expected));
    }

    [Fact]
    public void RunThatWasMeasured_IsShownAsMeasured()
    {
        var result = new TaskResult(new("image/png", 1, 1, null, null), Key: null, CacheStatus.Miss, RanMs: 1234);
        TaskView.Of(Task(result) with { StartedAt = Noon, FinishedAt = Noon.AddHours(1) }, "").RanMs.ShouldBe(1234);
    }

    private static CutoutTask Task(TaskResult? result) => new()
    {
        Id = "a",
        Request = new("client", false, "", false, "", null),
        State = TaskState.Succeeded,
        CreatedAt = Noon,
        Result = result,
    };
}
