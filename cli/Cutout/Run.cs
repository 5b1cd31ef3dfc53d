namespace Rembg.Cli.Cutout;

/// <summary>Does jobs, several at a time. One that fails does not stop the others.</summary>
internal sealed class Run(ServerCutter cutter, int parallel, Progress progress)
{
    /// <returns>Whether all images have their cutouts.</returns>
    public async Task<bool> AllAsync(IReadOnlyList<Job> jobs, CancellationToken cancellation)
    {
        await System.Threading.Tasks.Parallel.ForEachAsync(jobs, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation }, async (job, stop) =>
        {
            try
            {
                await OneAsync(job, stop);
                progress.Done(job);
            }
            catch (Exception failed) when (failed is CutoutException or IOException or UnauthorizedAccessException)
            {
                progress.Failed(job, failed.Message);
            }
        });
        return progress.Finish();
    }

    private async Task OneAsync(Job job, CancellationToken cancellation)
    {
        var image = job.IsUrl ? null : job.Input == Job.Standard ? await ReadAsync(Console.OpenStandardInput(), cancellation) : await File.ReadAllBytesAsync(job.Input, cancellation);
        await cutter.CutAsync(image, job.IsUrl ? job.Input : null, answer => job.Output == Job.Standard ? WriteAsync(answer, cancellation) : SaveAsync(answer, job.Output, cancellation), cancellation);
    }

    private static async Task<byte[]> ReadAsync(Stream input, CancellationToken cancellation)
    {
        using var image = new MemoryStream();
        await input.CopyToAsync(image, cancellation);
        return image.ToArray();
    }

    private static async Task WriteAsync(Stream answer, CancellationToken cancellation)
    {
        // Whole before its first byte goes out: a retry must not follow half an image.
        var cutout = await ReadAsync(answer, cancellation);
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(cutout, cancellation);
    }

    /// <summary>Under its name only when it is whole, so that <c>--skip-existing</c> can trust names.</summary>
    private static async Task SaveAsync(Stream answer, string path, CancellationToken cancellation)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        var part = $"{path}.part";
        try
        {
            await using (var file = File.Create(part)) await answer.CopyToAsync(file, cancellation);
            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }
}
