using Microsoft.Extensions.Logging;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class MemoryTaskIntegrationTests : TaskIntegrationTests
{
    [Fact]
    public async Task Log_SaysWhatTasksInMemoryDoNotSurvive()
    {
        using var log = new LogLines();
        await using var gateway = await GatewayApp.StartUnreadyAsync([Pod], builder => builder.Logging.AddProvider(log));

        log.At(LogLevel.Warning).Count(line => line.Contains("do not survive", StringComparison.Ordinal)).ShouldBe(1);
    }
}
