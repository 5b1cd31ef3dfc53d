using System.Threading.Channels;
using Rembg.Inference.Batching;

namespace Rembg.Inference.Tests.Batching;

/// <summary>An accelerator whose runs the test finishes by hand: no clock, no races.</summary>
internal sealed class ManualAccelerator : IBatchRunner
{
    private readonly Channel<Run> _runs = Channel.CreateUnbounded<Run>();

    public Task<byte[][]> RunAsync(IReadOnlyList<byte[]> inputs, int batchSize)
    {
        var run = new Run([.. inputs.Select(input => input[0])], batchSize);
        _runs.Writer.TryWrite(run);
        return run.Masks;
    }

    /// <summary>The next run that the batcher starts.</summary>
    public async Task<Run> NextRunAsync() => await _runs.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public bool IsIdle => _runs.Reader.Count == 0;

    public sealed record Run(byte[] Images, int BatchSize)
    {
        private readonly TaskCompletionSource<byte[][]> _done = new();

        public Task<byte[][]> Masks => _done.Task;

        /// <summary>Each mask is its image's one byte, so that a mixed-up answer shows.</summary>
        public void Finish() => _done.SetResult([.. Images.Select(image => new[] { image })]);

        /// <summary>With one mask less than there are images.</summary>
        public void FinishTooShort() => _done.SetResult([.. Images.SkipLast(1).Select(image => new[] { image })]);

        public void Fail() => _done.SetException(new InvalidOperationException("The accelerator failed."));
    }
}
