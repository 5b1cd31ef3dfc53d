using System.Diagnostics;

namespace Rembg.Testing;

/// <summary>A real Sentinel that watches a primary, alone, and promotes its replica half a second after it went silent.</summary>
public sealed class RedisSentinel : IAsyncDisposable
{
    public const string ServiceName = "rembg-primary";

    private readonly string _directory = Directory.CreateTempSubdirectory("rembg-sentinel-").FullName;
    private readonly Process _process;

    private RedisSentinel(RedisServer primary)
    {
        Port = RedisServer.FreePort();
        var file = Path.Combine(_directory, "sentinel.conf");
        File.WriteAllText(file,
            $"""
            port {Port}
            bind 127.0.0.1
            dir {_directory}
            sentinel monitor {ServiceName} 127.0.0.1 {primary.Port} 1
            sentinel down-after-milliseconds {ServiceName} 500
            sentinel failover-timeout {ServiceName} 3000

            """);
        _process = Process.Start(new ProcessStartInfo("redis-server", [file, "--sentinel"]) { RedirectStandardOutput = true })!;
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    public int Port { get; }

    /// <summary>Returns once it knows the primary and its replica.</summary>
    public static async Task<RedisSentinel> StartAsync(RedisServer primary)
    {
        var sentinel = new RedisSentinel(primary);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return await RedisServer.CommandAsync(sentinel.Port, $"SENTINEL REPLICAS {ServiceName}") == "*1";
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }, "Sentinel knows the replica", TimeSpan.FromSeconds(30));
        return sentinel;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
