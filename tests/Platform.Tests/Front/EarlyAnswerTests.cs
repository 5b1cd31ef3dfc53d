using Rembg.Testing;

namespace Rembg.Platform.Tests.Front;

/// <summary>A request that is refused while its body still comes: does every client read why?</summary>
public sealed class EarlyAnswerTests
{
    private const int Times = 3, UploadBytes = 24 << 20, TooManyBytes = 40 << 20;
    private const string Api = "/v1/remove-background";

    [Theory]
    [InlineData(413, Api, TooManyBytes)]
    [InlineData(404, "/nothing", UploadBytes)]
    [InlineData(415, Api, UploadBytes)]
    [InlineData(429, Api, UploadBytes, "--Clients:Anonymous:RatePerSecond=0.0001", "--Clients:Anonymous:Burst=1")]
    [InlineData(503, Api, UploadBytes, "--Uploads:MaxBytesInFlight=1048576", "--Uploads:ClientShare=1")]
    [InlineData(401, Api, UploadBytes, "--Clients:Keys:0:Id=1", "--Clients:Keys:0:Client=shop", "--Clients:Keys:0:Sha256=0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task RefusedWhileItSends_EveryClientReadsTheRefusal(int status, string path, int bytes, params string[] settings)
    {
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway", ["--Pods:Addresses:0=http://127.0.0.1:9", .. settings]);
        await using var nginx = await Nginx.StartAsync(gateway.Address, "proxy_request_buffering off; client_max_body_size 0;");
        if (status == 429) await AskAsync("http", gateway.Port, path, 100); // the only request that is let through

        foreach (var (client, port) in new[] { ("python", gateway.Port), ("fetch", gateway.Port), ("http", gateway.Port), ("http", nginx.Port) })
            for (var time = 0; time < Times; time++)
                (await AskAsync(client, port, path, bytes)).ShouldBe($"{status}", $"{client}, {(port == nginx.Port ? "behind nginx" : "direct")}");
    }

    private static Task<string> AskAsync(string client, int port, string path, int bytes) => client == "python"
        ? Command.RunAsync("python3", Script("upload.py"), $"{port}", path, $"{bytes}")
        : Command.RunAsync("node", Script("upload.mjs"), client, $"{port}", path, $"{bytes}");

    private static string Script(string name) => Path.Combine(RepositoryPaths.Root, "tests/Platform.Tests/Front/Clients", name);
}
