using Microsoft.Extensions.Options;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Memory;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class MemoryTaskQueueTests : TaskQueueTests
{
    private protected override ITaskQueue Open(TaskOptions options) => new MemoryTaskQueue(Options.Create(options), Signals, Metrics, TimeProvider.System);
}
