using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Fetching;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Reads an image from its URL as if it were uploaded: in its client's turn, into the same budget, with the same limit.</summary>
internal sealed class ImageFetcher(
    Fetcher fetcher, KnownImages known, MemoryBudget memory, UploadTurns turns, IOptions<UploadOptions> options, FetchMetrics metrics)
{
    private readonly long _maxBytes = options.Value.MaxBytes;

    public bool IsEnabled => fetcher.IsEnabled;

    /// <param name="image">Where it is.</param>
    /// <param name="client">Whose image it is.</param>
    /// <param name="revalidate">Whether the hash alone will do for an image that has not changed since it was last read.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <exception cref="ProblemException">As of an upload, or of <see cref="Fetcher.GetAsync"/>.</exception>
    public Task<Upload> ReadAsync(ImageUrl image, string client, bool revalidate, CancellationToken cancellationToken) =>
        fetcher.GetAsync(image, client, revalidate, async (answer, ended) =>
        {
            // 1. Not changed: the bytes may not be needed.
            if (KnownImages.HashOf(answer) is { } sha256)
                return Upload.Elsewhere(sha256, later => ReadAsync(image, client, revalidate: false, later));

            // 2. Too large by its own word.
            var announced = answer.Content.Headers.ContentLength;
            if (announced > _maxBytes) throw Problem.ImageTooLarge(_maxBytes).AsException();

            // 3. The bytes.
            using var turn = await turns.EnterAsync(client, announced ?? _maxBytes, ended);
            using var buffer = new UploadBuffer(memory, client, hashing: true, emptyIsAbsent: false);
            try
            {
                await buffer.ReadAsync(await answer.Content.ReadAsStreamAsync(ended), _maxBytes, ended);
            }
            finally
            {
                metrics.Read(buffer.Length);
            }
            var read = buffer.CompleteImage();
            known.Remember(answer, read.Sha256);
            return read;
        }, cancellationToken);
}
