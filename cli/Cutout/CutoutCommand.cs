using System.CommandLine;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Cli.Cutout;

/// <summary><c>cutout IN [OUT]</c>: one image, a folder, a URL, or standard input. The options of a cutout are those of the API, from the same table.</summary>
internal static class CutoutCommand
{
    private static readonly Argument<string> Input = new("IN") { Description = "A file, a folder, a URL, or - for standard input." };
    private static readonly Argument<string?> Output = new("OUT")
    {
        Description = "A file, a folder for a folder, or - for standard output. Without it: beside IN; of standard input and URLs to standard output.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private static readonly Option<string> Server = new("--server")
    {
        Description = "Where the platform is. REMBG_SERVER says it too, and REMBG_API_KEY holds the key for it.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("REMBG_SERVER") is { Length: > 0 } server ? server : "http://localhost:7000",
    };
    private static readonly Option<bool> Local = new("--local") { Description = "No server: the model runs in this process." };
    private static readonly Option<string> Models = new("--models-directory")
    {
        Description = "Folder of prepared models, for --local. REMBG_MODELS says it too.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("REMBG_MODELS") is { Length: > 0 } models ? models : "models/prepared",
    };
    private static readonly Option<int> Parallel = new("--parallel") { Description = "Images of a folder at a time.", DefaultValueFactory = _ => 4 };
    private static readonly Option<bool> SkipExisting = new("--skip-existing") { Description = "Leave images whose cutout is there." };
    private static readonly Option<bool> Watch = new("--watch") { Description = "Go on with what comes into a folder, until Ctrl-C." };
    private static readonly Option<TimeSpan> GiveUpAfter = new("--give-up-after")
    {
        Description = "How long one image is tried when the server is full or unavailable, e.g. 00:05:00.",
        DefaultValueFactory = _ => TimeSpan.FromMinutes(5),
    };

    public static Command Create()
    {
        var flags = CutoutOption.All.ToDictionary(option => option, ToOption);
        var command = new Command("cutout", "Cuts out the subject of images.") { Input, Output, Server, Local, Models, Parallel, SkipExisting, Watch, GiveUpAfter };
        foreach (var option in flags.Values) command.Options.Add(option);
        Parallel.Validators.Add(result => { if (result.GetValueOrDefault<int>() is < 1 or > 64) result.AddError("--parallel must be 1 to 64"); });
        command.SetAction((parsed, cancellation) => RunAsync(parsed, flags, cancellation));
        return command;
    }

    /// <summary><c>bg_color</c> becomes <c>--bg-color</c>. The table's rule is applied by the table, once.</summary>
    private static Option<string?> ToOption(CutoutOption option)
    {
        var made = new Option<string?>($"--{option.Name.Replace('_', '-')}") { Description = option.Text.Replace("`", "", StringComparison.Ordinal) };
        if (option.Values is { } values) made.CompletionSources.Add([.. values]);
        return made;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Dictionary<CutoutOption, Option<string?>> flags, CancellationToken cancellation)
    {
        var errors = parsed.InvocationConfiguration.Error;
        try
        {
            // 1. The options: from the flags, and the format from the extension of OUT.
            var (input, output) = (parsed.GetRequiredValue(Input), parsed.GetValue(Output));
            var given = flags.Select(flag => (flag.Key.Name, Value: parsed.GetValue(flag.Value))).Where(flag => flag.Value is not null).ToDictionary(flag => flag.Name, flag => flag.Value!);
            if (!given.ContainsKey("format") && Job.FormatOf(input, output) is { } format) given["format"] = format;
            var options = CutoutOptions.Parse(given);

            // 2. Which images.
            var jobs = Job.Find(input, output, options.Format);
            if (parsed.GetValue(SkipExisting)) jobs = [.. jobs.Where(job => !job.IsDone)];
            var isWatching = parsed.GetValue(Watch);
            if (isWatching && !Directory.Exists(input)) throw new UsageException("--watch takes a folder.");
            if (jobs.Count == 0 && !isWatching)
            {
                await errors.WriteLineAsync("There is nothing to do.");
                return ExitCode.Ok;
            }

            // 3. The cutouts.
            var isLocal = parsed.GetValue(Local);
            if (isLocal && jobs.Any(job => job.IsUrl)) throw new UsageException("--local takes files, not URLs.");
            await using var pod = isLocal ? await LocalPod.StartAsync(parsed.GetRequiredValue(Models), options.Model, cancellation) : null;
            using var http = new HttpClient { BaseAddress = pod?.Address ?? Address(parsed.GetRequiredValue(Server)), Timeout = Timeout.InfiniteTimeSpan };
            if (Environment.GetEnvironmentVariable("REMBG_API_KEY") is { Length: > 0 } key) http.DefaultRequestHeaders.Add("X-Api-Key", key);
            var isWhole = await RunAllAsync(jobs);
            if (isWatching)
                await foreach (var more in new FolderWatch(() => Job.Find(input, output, options.Format), TimeProvider.System).ChangesAsync(cancellation)) await RunAllAsync(more);
            return isWhole ? ExitCode.Ok : ExitCode.Failed;

            Task<bool> RunAllAsync(IReadOnlyList<Job> some)
            {
                var progress = new Progress(errors, isTerminal: !Console.IsErrorRedirected, some.Count, TimeProvider.System);
                var cutter = new ServerCutter(http, isLocal ? "v1/infer" : "v1/remove-background", options, parsed.GetValue(GiveUpAfter), progress.Waiting, TimeProvider.System);
                return new Run(cutter, parsed.GetValue(Parallel), progress).AllAsync(some, cancellation);
            }
        }
        catch (ProblemException refused)
        {
            await errors.WriteLineAsync(refused.Problem.Detail);
            return ExitCode.Usage;
        }
        catch (UsageException wrong)
        {
            await errors.WriteLineAsync(wrong.Message);
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Stopped;
        }
    }

    /// <summary>With a slash at its end: a server may lie behind a path.</summary>
    private static Uri Address(string server) => Uri.TryCreate(server.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")
        ? address
        : throw new UsageException("--server must be an http or https URL");
}

/// <summary>The command makes no sense; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);
