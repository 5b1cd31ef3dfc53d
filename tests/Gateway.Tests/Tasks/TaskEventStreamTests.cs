using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Memory;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>What only a clock of the test's own can show.</summary>
public sealed class TaskEventStreamTests
{
    [Fact]
    public async Task NothingHappens_ACommentKeepsTheConnection()
    {
        var (time, signals, written) = (new FakeTimeProvider(), new TaskSignals(), new Pipe());
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        var queue = new MemoryTaskQueue(Options.Create(new TaskOptions()), signals, metrics: null!, time);
        var task = (await queue.EnqueueAsync(TaskQueueTests.Of("shop-a"))).Task;
        var context = new DefaultHttpContext();
        context.Features.Set<Microsoft.AspNetCore.Http.Features.IHttpResponseBodyFeature>(new StreamResponseBodyFeature(written.Writer.AsStream()));

        var streaming = new TaskEventStream(queue, signals, lifetime, time).WriteAsync(context, task);
        (await ReadAsync()).ShouldStartWith("id: ");
        await Eventually.TrueAsync(async () =>
        {
            time.Advance(TimeSpan.FromSeconds(15));
            return written.Reader.TryRead(out var read) && TakeAll(read) == ": still there\n\n";
        }, "a comment is sent");

        lifetime.StopApplication();
        await streaming;

        async Task<string> ReadAsync() => TakeAll(await written.Reader.ReadAsync());

        string TakeAll(ReadResult read)
        {
            var text = Encoding.UTF8.GetString(read.Buffer);
            written.Reader.AdvanceTo(read.Buffer.End);
            return text;
        }
    }
}
