using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Redis;
using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// <c>tasks dead list|requeue|drop [ID|--all]</c>: what an operator does about tasks that were given up. Settings, above all
/// <c>ConnectionStrings:Redis</c>, come from where the gateway takes them, and from arguments as <c>--Section:Key=value</c>.
/// </summary>
internal static class DeadLetterCommand
{
    private const string Usage = "usage: tasks dead list | requeue (ID | --all) | drop (ID | --all)  [--ConnectionStrings:Redis=HOST:PORT]";

    public static bool IsMeant(string[] args) => args is ["tasks", ..];

    /// <returns>The exit code: 0, 1 when there was nothing to do it to, 2 when the arguments are wrong or Redis is not there.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        string[] words = [.. args.Where(arg => !IsSetting(arg))];
        if (words is not (["tasks", "dead", "list"] or ["tasks", "dead", "requeue" or "drop", _])) return await RefuseAsync(Usage);

        var builder = WebApplication.CreateBuilder([.. args.Where(IsSetting)]);
        if (!builder.HasRedis()) return await RefuseAsync("Dead letters are kept on Redis only: set ConnectionStrings:Redis.");
        builder.Logging.ClearProviders();
        try
        {
            builder.AddRedis();
        }
        catch (OptionsValidationException wrong)
        {
            return await RefuseAsync(wrong.Message);
        }
        builder.Services.AddOptions<TaskOptions>().BindConfiguration(TaskOptions.Section);
        builder.Services.AddSingleton(TimeProvider.System);
        await using var services = builder.Services.BuildServiceProvider();
        try
        {
            var dead = new DeadLetters(services.GetRequiredService<IConnectionMultiplexer>().GetDatabase(), services.GetRequiredService<IOptions<TaskOptions>>().Value);
            return words is [_, _, var verb, var which] ? await ChangeAsync(dead, verb, which, output) : await ListAsync(dead, output);
        }
        catch (ProblemException problem)
        {
            return await RefuseAsync(problem.Problem.Detail!);
        }

        async Task<int> RefuseAsync(string why)
        {
            await errors.WriteLineAsync(why);
            return 2;
        }
    }

    private static async Task<int> ListAsync(DeadLetters dead, TextWriter output)
    {
        var letters = await dead.ListAsync();
        foreach (var letter in letters) await output.WriteLineAsync($"{letter.Id}  {letter.At:u}  {letter.Bytes} bytes  {letter.Why}");
        await output.WriteLineAsync($"{letters.Count} dead letters");
        return 0;
    }

    private static async Task<int> ChangeAsync(DeadLetters dead, string verb, string which, TextWriter output)
    {
        var changed = 0;
        foreach (var letter in (await dead.ListAsync()).Where(letter => which == "--all" || letter.Id == which))
        {
            var done = verb == "requeue" ? await dead.RequeueAsync(letter.Id) : await dead.DropAsync(letter.Id);
            await output.WriteLineAsync($"{letter.Id}  {(done ? verb : "is not kept any more")}");
            if (done) changed++;
        }
        await output.WriteLineAsync($"{changed} dead letters: {verb}");
        return changed > 0 ? 0 : 1;
    }

    private static bool IsSetting(string argument) => argument.StartsWith("--", StringComparison.Ordinal) && argument.Contains('=', StringComparison.Ordinal);
}
