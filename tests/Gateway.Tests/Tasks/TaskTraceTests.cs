using System.Collections.Concurrent;
using System.Diagnostics;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class TaskTraceTests
{
    [Fact]
    public async Task OneTrace_FollowsTheTaskFromPostThroughQueueToPod()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener { ShouldListenTo = source => source.Name.StartsWith("Rembg.", StringComparison.Ordinal), ActivityStopped = spans.Enqueue };
        ActivitySource.AddActivityListener(listener);
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod], "Edge:TrustedProxies:0=127.0.0.1");
        using var client = new Activity("client") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        var trace = client.TraceId.ToString();

        var id = await gateway.Client.PostTaskAsync();
        client.Stop();
        await gateway.Client.EndOfAsync(id);

        await Eventually.TrueAsync(() => Names().Contains("task run"), "the run has ended");
        Names().ShouldBe(["task queued", "pod call", "cutout", "task run"], ignoreOrder: true);
        var run = spans.Single(span => span.TraceId.ToString() == trace && span.OperationName == "task run");
        run.GetTagItem("task.id").ShouldBe(id);
        run.GetTagItem("outcome").ShouldBe("succeeded");
        pod.Requests.Single().Headers["traceparent"].ToString().ShouldContain(trace);

        string[] Names() => [.. spans.Where(span => span.TraceId.ToString() == trace).Select(span => span.OperationName)];
    }
}
