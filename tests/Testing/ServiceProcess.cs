using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Rembg.Testing;

/// <summary>A service as a user runs it: its own process, on free ports, its log kept.</summary>
public sealed partial class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<int> _servicePort = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _managementPort = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(IEnumerable<string> command, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(command.First()) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Exited += (_, _) => Fail();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;
    public bool HasExited => _process.HasExited;

    /// <summary>Everything the process has written so far.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Set once <see cref="StartAsync"/> or <see cref="ListeningAsync"/> has returned.</summary>
    public int Port { get; private set; }
    public int ManagementPort { get; private set; }
    public Uri Address => new($"http://127.0.0.1:{Port}");
    public Uri ManagementAddress => new($"http://127.0.0.1:{ManagementPort}");

    /// <summary>Bytes that the process holds now (resident set).</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The highest resident set of the process so far.</summary>
    public long PeakResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Processor time of the process so far.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a service of the repository (<c>Rembg.Gateway</c>, <c>Rembg.Inference</c>) and waits until it listens.</summary>
    /// <param name="port">0 for any; a fixed one lets a restarted service keep its address.</param>
    /// <param name="under">A program that runs it, with its arguments, such as nice or prlimit.</param>
    public static async Task<ServiceProcess> StartAsync(
        string project, IEnumerable<string> arguments, int port = 0, int managementPort = 0, IReadOnlyDictionary<string, string>? environment = null, string[]? under = null)
    {
        string[] listen = ["--Service:Address=127.0.0.1", $"--Service:Port={port}", $"--Service:ManagementPort={managementPort}"];
        var service = new ServiceProcess([.. under ?? [], "dotnet", RepositoryPaths.Dll(project), .. listen, .. arguments], environment);
        await service.ListeningAsync();
        return service;
    }

    /// <summary>Starts a program of which nothing is expected but that it ends, or says something.</summary>
    /// <param name="dotnet">The runtime that runs it.</param>
    public static ServiceProcess Launch(string dll, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string dotnet = "dotnet") =>
        new([dotnet, dll, .. arguments], environment);

    /// <summary>Waits until it listens on both of its ports.</summary>
    public async Task ListeningAsync()
    {
        Port = await _servicePort.Task.WaitAsync(TimeSpan.FromMinutes(1));
        ManagementPort = await _managementPort.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Waits until <c>/readyz</c> says yes.</summary>
    public async Task ReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = ManagementAddress, Timeout = TimeSpan.FromSeconds(10) };
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            try
            {
                if ((await http.GetAsync("/readyz", patience.Token)).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException) when (!HasExited)
            {
            }
            if (HasExited) throw new InvalidOperationException($"The service ended instead of getting ready:\n{Log}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
        }
    }

    /// <summary>Connections stay open and nothing answers, until <see cref="Thaw"/>.</summary>
    public void Freeze() => _process.Freeze();

    public void Thaw() => _process.Thaw();

    /// <summary>SIGTERM; the exit code of a clean end is 0.</summary>
    public async Task<int> TerminateAsync()
    {
        if (!_process.HasExited) _process.Terminate();
        return await ExitAsync();
    }

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await ExitAsync();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _log.Enqueue(line);
        if (Listening().Match(line) is not { Success: true } match) return;
        var port = int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        if (!_servicePort.TrySetResult(port)) _managementPort.TrySetResult(port);
    }

    private void Fail()
    {
        var ended = new InvalidOperationException($"The process ended before it listened:\n{Log}");
        _servicePort.TrySetException(ended);
        _managementPort.TrySetException(ended);
    }

    [GeneratedRegex(@"Now listening on: http://[^ ]*:(\d+)")]
    private static partial Regex Listening();

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
