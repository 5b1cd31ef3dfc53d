using System.Runtime.InteropServices;
using Rembg.Models.Fetch;

namespace Rembg.Models;

/// <summary><c>Rembg.Models [--models DIR] [NAME ...]</c>: fetches and prepares models; without a name, the manifest's default.</summary>
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
            var (directory, names) = Parse(args);
            var store = new ModelStore(directory, progress, TimeProvider.System);
            foreach (var name in names.DefaultIfEmpty(store.Default)) await store.PrepareAsync(name, stop.Token);
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

    private static (string Directory, List<string> Names) Parse(string[] args)
    {
        string? directory = null;
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--models" && i + 1 < args.Length) directory = args[++i];
            else if (args[i].StartsWith('-')) throw new ModelException("usage: Rembg.Models [--models DIR] [NAME ...]");
            else names.Add(args[i]);
        }
        return (directory is null ? FindModels() : Path.GetFullPath(directory), names);
    }

    /// <summary>The models/ of the checkout that this program was built in.</summary>
    private static string FindModels()
    {
        for (var parent = new DirectoryInfo(AppContext.BaseDirectory); parent is not null; parent = parent.Parent)
            if (Path.Combine(parent.FullName, "models") is var models && File.Exists(Path.Combine(models, "manifest.json"))) return models;
        throw new ModelException($"No models/manifest.json in or above {AppContext.BaseDirectory}: name its directory with --models DIR.");
    }
}
