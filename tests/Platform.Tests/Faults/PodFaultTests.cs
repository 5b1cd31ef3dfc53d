using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Faults;

/// <summary>Pods that die, hang or lose their mind under load.</summary>
[Collection(OneFaultAtATime.Name)]
public sealed class PodFaultTests(FaultTable table, ITestOutputHelper output)
{
    [Fact]
    public async Task PodKilled_FailsNobody()
    {
        await using var platform = await FaultyPlatform.StartAsync(pods: 3);
        await using var load = await SteadyLoad.StartAsync(platform.Gateways);

        load.FaultBegins();
        await platform.Pods[0].KillAsync();
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("pod: one of three, `kill -9`", report, output);
        report.Failures.ShouldBeEmpty();
        report.TasksLost.ShouldBe(0);
    }

    [Fact]
    public async Task AllPodsKilled_FailsNobody_OnceTheyAreBack()
    {
        // A busy machine may need more than ten seconds to start them.
        await using var platform = await FaultyPlatform.StartAsync(pods: 2, gatewayArguments: ["--Pods:WaitForPod=00:01:00"]);
        await using var load = await SteadyLoad.StartAsync(platform.Gateways);

        load.FaultBegins();
        var killed = platform.Pods.ToArray();
        await Task.WhenAll(killed.Select(pod => pod.KillAsync()));
        await load.ComesOnAsync(requests: 40);
        foreach (var pod in killed) await platform.StartPodAsync(pod.Port, pod.ManagementPort);
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("pod: all at once, `kill -9`, started again after 1 s", report, output);
        report.Failures.ShouldBeEmpty();
        report.TasksLost.ShouldBe(0);
    }

    [Fact]
    public async Task PodThatHangs_FailsNobody_AndCostsTwoProbesOfTime()
    {
        await using var platform = await FaultyPlatform.StartAsync(pods: 3);
        await using var load = await SteadyLoad.StartAsync(platform.Gateways);

        load.FaultBegins();
        platform.Pods[0].Freeze();
        await load.GoesOnAsync(requests: 80);
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("pod: one of three hangs (`SIGSTOP`)", report, output);
        report.Failures.ShouldBeEmpty();
        report.Slow.ShouldBeGreaterThan(0, "some were in its hands");
        report.TasksLost.ShouldBe(0);
    }

    [Fact]
    public async Task PodThatAnswersGarbage_FailsNobody()
    {
        await using var mad = await FakePod.StartAsync();
        var answers = 0;
        PodScript[] nonsense = [PodScripts.InvalidResponse(), PodScripts.InvalidResponse("text/html"), PodScripts.NotHttp(), PodScripts.DiesMidAnswer(), PodScripts.Endless()];
        mad.Always = (context, request) => nonsense[Interlocked.Increment(ref answers) % nonsense.Length](context, request);
        mad.Models = new("test-1", "tiny", [new("tiny", new string('a', 64), 64, 64, "MIT", "cpu", [1])]);
        mad.Ready = false;
        await using var platform = await FaultyPlatform.StartAsync(pods: 2, gatewayArguments:
            [$"--Pods:Addresses:2={mad.Address}", $"--Pods:ManagementAddresses:2={mad.Address}", "--Pods:MaxAnswerBytes=8000000", "--Pods:EjectionTime=00:00:00.5"]);
        await using var load = await SteadyLoad.StartAsync(platform.Gateways);

        load.FaultBegins();
        mad.Ready = true;
        await Eventually.TrueAsync(() => mad.Requests.Count >= 3 * nonsense.Length, "it is asked again and again", TimeSpan.FromMinutes(1));
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("pod: one of three answers garbage (wrong type, not HTTP, cut short, endless)", report, output);
        report.Failures.ShouldBeEmpty();
        report.TasksLost.ShouldBe(0);
    }
}
