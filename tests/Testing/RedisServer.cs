using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rembg.Testing;

/// <summary>
/// A real <c>redis-server</c> of its own, as a child process on a free port, in memory unless <c>appendOnly</c>.
/// It keeps its port over <see cref="RestartAsync"/>, as an outage does.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("rembg-redis-").FullName;
    private readonly bool _appendOnly;
    private readonly string[] _arguments;
    private Process? _process;

    private RedisServer(bool appendOnly, string[] arguments) => (_appendOnly, _arguments, Port) = (appendOnly, arguments, FreePort());

    public int Port { get; }
    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>Starts a server and returns once it answers. Arguments go to redis-server, e.g. <c>"--maxmemory", "1mb"</c>.</summary>
    public static async Task<RedisServer> StartAsync(bool appendOnly = false, params string[] arguments)
    {
        var server = new RedisServer(appendOnly, arguments);
        await server.LaunchAsync();
        return server;
    }

    /// <summary>Starts again, on the same port, what <see cref="StopAsync"/> or <see cref="KillAsync"/> ended.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await LaunchAsync();
    }

    /// <summary>Redis writes what it has to write and leaves.</summary>
    public Task StopAsync() => EndAsync(process => process.Terminate());

    /// <summary>As a crash or an out-of-memory kill.</summary>
    public Task KillAsync() => EndAsync(process => process.Kill());

    /// <summary>Connections stay open and nothing answers, until <see cref="Thaw"/>.</summary>
    public void Freeze() => _process!.Freeze();

    public void Thaw() => _process!.Thaw();

    /// <summary>One inline command over a connection of its own; the answer's first line, or its text where it is one string.</summary>
    public Task<string> CommandAsync(string command) => CommandAsync(Port, command);

    internal static async Task<string> CommandAsync(int port, string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var line = await reader.ReadLineAsync() ?? "";
        return line is ['$', not '-', ..] ? await reader.ReadLineAsync() ?? "" : line;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task LaunchAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, WorkingDirectory = _directory };
        string[] all =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--dir", _directory,
            "--appendonly", _appendOnly ? "yes" : "no", .. _arguments,
        ];
        foreach (var argument in all) start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start.");

        var said = new StringBuilder();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            said.AppendLine(line);
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal)) continue;
            _ = _process.StandardOutput.ReadToEndAsync(); // a full pipe would stop the server
            return;
        }
        throw new InvalidOperationException($"redis-server ended at once:\n{said}");
    }

    private async Task EndAsync(Action<Process> end)
    {
        if (_process is not { } process) return;
        _process = null;
        if (!process.HasExited) end(process);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
