using System.Runtime.InteropServices;
using Rembg.Models.Fetch;

namespace Rembg.Models;

/// <summary>
/// <c>Rembg.Models [--models DIR] [NAME ...]</c>: fetches and prepares models; without a name, the manifest's default.
/// <c>Rembg.Models [--models DIR] calibrate NAME --photos DIR [--verify DIR]</c>: finds the ranges that a model's int8 form needs.
/// </summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var progress = new Progress(Console.Error, terminal: !Console.IsErrorRedirected, TimeProvider.System);
        try
        {
            var command = Command.Parse(args);
            var store = new ModelStore(command.Models ?? FindModels(), progress, TimeProvider.System);
            if (command.Photos is { } photos) await store.CalibrateAsync(command.Names[0], photos, command.Verify, stop.Token);
            else foreach (var name in command.Names.DefaultIfEmpty(store.Default)) await store.PrepareAsync(name, stop.Token);
            return 0;
        }
        catch (OperationCanceledException)
        {
            progress.Say("Stopped; the next run goes on from here.");
            return 130;
        }
        catch (ModelException e)
        {
            progress.Say($"Rembg.Models: {e.Message}");
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The system words these well: no space left on device, permission denied, and the path.
            progress.Say($"Rembg.Models: {e.Message.TrimEnd('.')}. Put that right and run this again.");
            return 1;
        }
        catch (ArgumentOutOfRangeException e) when (e.TargetSite?.DeclaringType?.Namespace is "System.IO" or "System.IO.Strategies")
        {
            // What the runtime makes of EFBIG: a limit on the size of files, be it the file system's or ulimit's.
            progress.Say("Rembg.Models: a file is larger than may be written here. Put that right and run this again.");
            return 1;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>The models/ of the checkout that this program was built in.</summary>
    private static string FindModels()
    {
        for (var parent = new DirectoryInfo(AppContext.BaseDirectory); parent is not null; parent = parent.Parent)
            if (Path.Combine(parent.FullName, "models") is var models && File.Exists(Path.Combine(models, "manifest.json"))) return models;
        throw new ModelException($"No models/manifest.json in or above {AppContext.BaseDirectory}: name its directory with --models DIR.");
    }
}
