using System.Diagnostics;
using System.Net.Sockets;

namespace Rembg.Testing;

/// <summary>A real nginx in front of a service, as an ingress is.</summary>
public sealed class Nginx : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rembg-nginx-");
    private readonly Process _process;

    private Nginx(Uri service, string settings, string location)
    {
        Port = RedisServer.FreePort();
        var file = Path.Combine(_directory.FullName, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off; worker_processes 1; error_log stderr crit; pid {{_directory.FullName}}/pid;
            events { worker_connections 256; }
            http {
              access_log off; client_body_buffer_size 64m; proxy_max_temp_file_size 0;
              client_body_temp_path {{_directory.FullName}}/body; proxy_temp_path {{_directory.FullName}}/proxy;
              fastcgi_temp_path {{_directory.FullName}}/fastcgi; uwsgi_temp_path {{_directory.FullName}}/uwsgi; scgi_temp_path {{_directory.FullName}}/scgi;
              server {
                listen 127.0.0.1:{{Port}};
                location {{location}} { proxy_pass http://127.0.0.1:{{service.Port}}/; proxy_http_version 1.1; {{settings}} }
              }
            }
            """);
        _process = Process.Start(new ProcessStartInfo("nginx", ["-p", _directory.FullName, "-c", file, "-e", "stderr"]))!;
    }

    public int Port { get; }
    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <param name="service">Where requests go.</param>
    /// <param name="settings">Directives of the location.</param>
    /// <param name="location">The path that the service is served under; it ends in a slash, and the service does not see it.</param>
    public static async Task<Nginx> StartAsync(Uri service, string settings = "", string location = "/")
    {
        var nginx = new Nginx(service, settings, location);
        await Eventually.TrueAsync(nginx.ListensAsync, "nginx listens");
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task<bool> ListensAsync()
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
