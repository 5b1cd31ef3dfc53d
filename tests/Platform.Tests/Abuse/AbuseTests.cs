using System.Diagnostics;
using Rembg.Contract.Problems;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Abuse;

/// <summary>
/// A real gateway with its default limits, a pod that does forty runs a second, a hostile client, and an innocent one beside it whose
/// requests must all succeed. How long they take is written down (<c>docs/abuse.md</c>), not asserted.
/// </summary>
[Collection(OneAttackAtATime.Name)]
public sealed class AbuseTests(AbuseTable table, ITestOutputHelper output)
{
    private const int BudgetMiB = 128, CacheMiB = 64, ResultsMiB = 256, LargeBytes = 13 << 20;

    /// <summary>What a gateway may take beyond its configured bounds: buffers of connections, the heap's own slack.</summary>
    private const int SlackMiB = 128;
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(5);

    /// <summary>Slow clients have <c>Edge:SlowFor</c>, 5 s, before they are cut.</summary>
    private static readonly TimeSpan WatchedSlow = TimeSpan.FromSeconds(9);

    public static TheoryData<int, string> Attacks
    {
        get
        {
            var attacks = new TheoryData<int, string>();
            for (var i = 0; i < Attack.All.Count; i++) attacks.Add(i, Attack.All[i].Name);
            return attacks;
        }
    }

    [Theory, MemberData(nameof(Attacks))]
    public async Task InnocentClient_IsServed(int number, string name)
    {
        var attack = Attack.All[number];
        name.ShouldBe(attack.Name);
        await using var pod = await FakePod.StartAsync();
        using var runs = new SemaphoreSlim(2);
        pod.Always = Run(runs);
        pod.Models = pod.Models with { Models = [.. pod.Models.Models.Select(model => model with { BatchSizes = [1, 2] })] }; // gateways send no more ahead than that needs
        var key = attack.WithKeys ? await KeyAsync() : default;
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            $"--Pods:Addresses:0={pod.Address}", $"--Pods:ManagementAddresses:0={pod.Address}",
            $"--Uploads:MaxBytesInFlight={BudgetMiB << 20}", $"--Cache:MaxBytes={CacheMiB << 20}", $"--Tasks:MaxResultBytes={ResultsMiB << 20}", .. key.Arguments ?? [],
        ]);
        await gateway.ReadyAsync();
        using var innocent = new InnocentClient(gateway.Address, key.Text);
        await innocent.WorkAsync(TimeSpan.FromSeconds(2)); // the runtime compiles
        var alone = await innocent.WorkAsync(Watched);
        alone.Failed.ShouldBeEmpty();
        var start = gateway.ResidentBytes;

        using var end = new CancellationTokenSource();
        using var attacker = new Attacker(gateway.Address, end.Token);
        var attacking = attack.RunAsync(attacker);
        var under = await innocent.WorkAsync(attack.IsSlow ? WatchedSlow : Watched);
        var peak = gateway.PeakResidentBytes;
        await end.CancelAsync();
        await attacking;

        table.Add(number, attack, new(under.Cutouts.Length + under.Tasks.Length + under.Failed.Length, under.Cutouts.Length + under.Tasks.Length,
            Percentile(under.Cutouts, 0.95), Percentile(alone.Cutouts, 0.95), Percentile(under.Tasks, 0.5), Percentile(alone.Tasks, 0.5), attacker.Answers, start >> 20, peak >> 20), output);
        under.Failed.ShouldBeEmpty($"the attacker was told {attacker.Answers}");
        if (attack.IsStopped) attacker.IsRefused.ShouldBeTrue(attacker.Answers);
        ((peak - start) >> 20).ShouldBeLessThan(BudgetMiB + CacheMiB + ResultsMiB + SlackMiB);
        await Eventually.TrueAsync(() => (gateway.ResidentBytes - start) >> 20 < CacheMiB + ResultsMiB + SlackMiB, "memory goes back", TimeSpan.FromMinutes(1));
    }

    /// <summary>As a real pod: two runs at a time of 50 ms, and a bound on what waits.</summary>
    private static PodScript Run(SemaphoreSlim runs)
    {
        var waiting = 0;
        return async (context, request) =>
        {
            if (request.Image.AsSpan().IndexOf(Attack.Refused) >= 0)
            {
                await PodScripts.Refuses(Problem.Undecodable("It is damaged."))(context, request);
                return;
            }
            if (Interlocked.Increment(ref waiting) > 32)
            {
                Interlocked.Decrement(ref waiting);
                await PodScripts.Overloaded()(context, request);
                return;
            }
            var (came, began) = (Stopwatch.GetTimestamp(), 0L);
            try
            {
                if (request.Image.AsSpan().IndexOf(Attack.Slow) >= 0) await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, context.RequestAborted);
                await runs.WaitAsync(context.RequestAborted);
                began = Stopwatch.GetTimestamp();
                try
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, context.RequestAborted);
                }
                finally
                {
                    runs.Release();
                }
            }
            finally
            {
                Interlocked.Decrement(ref waiting);
            }
            await PodScripts.Cutout(request.Image.AsSpan().IndexOf(Attack.Large) >= 0 ? LargeBytes : 30_000, load: waiting, infer: 50, queue: Stopwatch.GetElapsedTime(came, began).TotalMilliseconds)(context, request);
        };
    }

    /// <summary>A key, made by the gateway's own command, and the options that let it in.</summary>
    private static async Task<(string Text, string[] Arguments)> KeyAsync()
    {
        await using var command = ServiceProcess.Launch(RepositoryPaths.Dll("Rembg.Gateway"), ["keys", "create", "--client", "innocent"]);
        (await command.ExitAsync()).ShouldBe(0);
        await Eventually.TrueAsync(() => command.Log.Contains("sha256", StringComparison.Ordinal), "the key is printed");
        var file = Path.Combine(Directory.CreateTempSubdirectory("rembg-abuse-").FullName, "keys.json");
        var lines = command.Log.Split('\n');
        await File.WriteAllTextAsync(file, $"[{lines.First(line => line.TrimStart().StartsWith('{'))}]");
        return (lines.SelectMany(line => line.Split(' ')).First(word => word.StartsWith("rbg_", StringComparison.Ordinal)), [$"--Clients:KeysFile={file}"]);
    }

    private static TimeSpan Percentile(TimeSpan[] times, double share)
    {
        if (times.Length == 0) return TimeSpan.Zero;
        Array.Sort(times);
        return times[(int)(times.Length * share)];
    }
}
