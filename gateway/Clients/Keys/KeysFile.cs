using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Rembg.Contract.Hosting;

namespace Rembg.Gateway.Clients.Keys;

/// <summary>
/// Fills the <see cref="ApiKeyStore"/> before the first request, and again whenever the keys file has other bytes. It compares
/// contents instead of watching: a mounted secret changes by a swap of symbolic links, which file watchers miss.
/// </summary>
internal sealed partial class KeysFile(
    IOptions<ClientOptions> options, IOptions<ServiceOptions> service, ApiKeyStore ring, TimeProvider clock, ILogger<KeysFile> logger) : BackgroundService
{
    private readonly ClientOptions _options = options.Value;
    private byte[] _loaded = [];
    private bool _broken;

    /// <summary>With nothing good to keep, a bad key at start stops the start.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_options.KeysRequired) Log.KeysOff(logger, IsOpen ? LogLevel.Warning : LogLevel.Information, service.Value.Address);
        try
        {
            Load(_options.KeysFile is { } path ? File.ReadAllBytes(path) : "[]"u8.ToArray());
        }
        catch (Exception exception)
        {
            throw new OptionsValidationException(ClientOptions.Section, typeof(ClientOptions),
                [$"{ClientOptions.Section}:Keys or {ClientOptions.Section}:KeysFile ({_options.KeysFile ?? "none"}): {exception.Message}"]);
        }
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Whether other machines can reach it.</summary>
    private bool IsOpen => !IPAddress.TryParse(service.Value.Address, out var address) || !IPAddress.IsLoopback(address);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.KeysFile is not { } path) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_options.KeysFilePollSeconds), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Reload(path);
    }

    private void Reload(string path)
    {
        try
        {
            var content = File.ReadAllBytes(path);
            if (_broken || !content.AsSpan().SequenceEqual(_loaded)) Load(content);
            _broken = false;
        }
        catch (Exception exception) // whatever is wrong with the file, it must not stop the gateway
        {
            if (!_broken) Log.KeptOld(logger, path, exception.Message);
            _broken = true;
        }
    }

    private void Load(byte[] content)
    {
        var keys = JsonSerializer.Deserialize(content, KeyJson.Default.ListKeyRecord) ?? throw new JsonException("null is no list of keys");
        ring.Load([.. _options.Keys, .. keys]);
        _loaded = content;
        if (_options.KeysRequired) Log.Loaded(logger, ring.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(Message = "API keys are off: anybody who reaches {Address} may use this service, within the limits of Clients:Anonymous")]
        public static partial void KeysOff(ILogger logger, LogLevel level, string address);

        [LoggerMessage(Level = LogLevel.Information, Message = "{Count} API keys loaded")]
        public static partial void Loaded(ILogger logger, int count);

        [LoggerMessage(Level = LogLevel.Error, Message = "The keys in {Path} cannot be used, those loaded before stay valid: {Reason}")]
        public static partial void KeptOld(ILogger logger, string path, string reason);
    }
}
