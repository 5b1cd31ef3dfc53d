using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Tests.Fetching;

public class FetchingOptionsTests
{
    [Theory]
    [InlineData("Fetching:AllowedNetworks:0=10.0.0.0/33", "Fetching:AllowedNetworks must hold networks or addresses; '10.0.0.0/33' is neither.")]
    [InlineData("Fetching:AllowedNetworks:0=minio.storage", "Fetching:AllowedNetworks must hold networks or addresses; 'minio.storage' is neither.")]
    [InlineData("Fetching:AllowedHosts:0=https://example.com/", "Fetching:AllowedHosts must hold host names, or '*.' and a host name; 'https://example.com/' is neither.")]
    [InlineData("Fetching:AllowedHosts:0=*", "Fetching:AllowedHosts must hold host names, or '*.' and a host name; '*' is neither.")]
    [InlineData("Fetching:AllowedPorts:0=0", "Fetching:AllowedPorts must hold ports from 1 to 65535; 0 is none.")]
    [InlineData("Fetching:MaxConcurrent=4", "Fetching:MaxConcurrentPerClient must not be more than Fetching:MaxConcurrent.")]
    [InlineData("Fetching:Timeout=00:00:00", "Fetching:Timeout must be between 0.1 s and 10 min.")]
    [InlineData("Fetching:Enabled=perhaps", "Fetching:Enabled cannot be read.")]
    public async Task WrongValue_StopsTheStartAndNamesTheKey(string setting, string message) =>
        (await Should.ThrowAsync<OptionsValidationException>(GatewayApp.StartUnreadyAsync([], null, "Pods:Addresses:0=http://127.0.0.1:9", setting))).Message.ShouldContain(message);
}
