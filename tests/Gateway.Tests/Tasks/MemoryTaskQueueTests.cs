using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Memory;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class MemoryTaskQueueTests : TaskQueueTests
{
    private readonly FakeTimeProvider _time = new();

    private protected override ITaskQueue Open(TaskOptions options) => new MemoryTaskQueue(Options.Create(options), Signals, Metrics, _time);

    private protected override void Pass(TimeSpan time) => _time.Advance(time);
}
