using System.Globalization;
using Rembg.Platform.Tests.Tasks;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Faults;

/// <summary>
/// Pods that may take on more than their memory can hold: a wrong configuration. Their limit is that of the runtime's heap
/// (<c>DOTNET_GCHeapHardLimit</c>), which needs no rights; a container's limit is met as a kill, which other stories tell of.
/// </summary>
[Collection(OneFaultAtATime.Name)]
public sealed class MemoryFaultTests(FaultTable table, ITestOutputHelper output) : IDisposable
{
    private const int HeapMiB = 48, LargeMiB = 9;
    private static readonly byte[] Small = TaskApi.Picture(1);
    private readonly string _models = Directory.CreateTempSubdirectory("rembg-memory-").FullName;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task MoreThanThePodsCanHold_IsRefusedAsFull_AndNoTaskIsLost()
    {
        TinyModel.WriteTo(_models);
        await using var first = await StartPodAsync();
        await using var second = await StartPodAsync();
        await Task.WhenAll(first.ReadyAsync(), second.ReadyAsync());
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            .. new[] { first, second }.SelectMany((pod, i) => new[] { $"--Pods:Addresses:{i}=http://127.0.0.1:{pod.Port}", $"--Pods:ManagementAddresses:{i}=http://127.0.0.1:{pod.ManagementPort}" }),
            .. FaultyPlatform.GatewayArguments,
        ]);
        await gateway.ReadyAsync();
        var large = false;
        await using var load = await SteadyLoad.StartAsync([gateway], number => Picture(number, Volatile.Read(ref large) && number % 3 == 0));

        load.FaultBegins();
        Volatile.Write(ref large, true);
        await load.GoesOnAsync(requests: 60);
        Volatile.Write(ref large, false);
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add($"memory: two pods with {HeapMiB} MiB of heap, for 1.5 s uploads of {LargeMiB} MiB that wait", report, output);
        (first.Log + second.Log).ShouldContain("No memory for request", Case.Sensitive, "the limit was reached");
        // 502 is a run whose answer had begun, in both pods, when there was no memory to go on.
        report.FailureCodes.ShouldBeSubsetOf(["502 bad_upstream", "503 overloaded"]);
        report.TasksLost.ShouldBe(0);
    }

    /// <summary>Requests stay for half a second, as they would while a real model is busy.</summary>
    private Task<ServiceProcess> StartPodAsync() => ServiceProcess.StartAsync("Rembg.Inference",
        [$"--Models:Directory={_models}", "--Models:Names=tiny", "--Models:Provider=Cpu", "--Batching:Sizes:tiny:0=1", "--Batching:Sizes:tiny:1=16", "--Batching:DelayMilliseconds=500"],
        environment: new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = (HeapMiB << 20).ToString("X", CultureInfo.InvariantCulture) });

    private static byte[] Picture(int number, bool large) => [.. Small, .. new byte[large ? LargeMiB << 20 : 0], .. BitConverter.GetBytes(number)];
}
