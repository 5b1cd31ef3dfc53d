using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Fetching;

/// <summary>
/// Hashes of the images that URLs had a short while ago, by what their hosts said to tell a change by. The host is asked each time, so
/// everybody may share the table. The oldest make way; a client that fills it costs the others a download.
/// </summary>
internal sealed class KnownImages(IOptions<FetchingOptions> options, TimeProvider time)
{
    private const int MaxTagLength = 256;

    /// <summary>Travels with a conditional request: the table may have let go of it when the answer comes.</summary>
    private static readonly HttpRequestOptionsKey<byte[]> Expected = new("sha256");

    private readonly FetchingOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _oldestFirst = [];

    public int Count
    {
        get { lock (_lock) return _entries.Count; }
    }

    /// <summary>Makes the request conditional where its image is known; the answer may then be 304.</summary>
    public bool AskWhetherChanged(HttpRequestMessage request)
    {
        if (Find(request) is not { } entry) return false;
        if (entry.Tag is { } tag) request.Headers.IfNoneMatch.Add(tag);
        request.Headers.IfModifiedSince = entry.LastModified;
        request.Options.Set(Expected, entry.Sha256);
        return true;
    }

    /// <summary>The SHA-256 of the image that an answer of 304 means; null for any other answer.</summary>
    public static byte[]? HashOf(HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.NotModified && answer.RequestMessage!.Options.TryGetValue(Expected, out var sha256) ? sha256 : null;

    /// <summary>Remembers what the whole answer was, where the host gave something to tell a change by.</summary>
    public void Remember(HttpResponseMessage answer, byte[] sha256)
    {
        var (tag, modified) = (answer.Headers.ETag, answer.Content.Headers.LastModified);
        if ((tag is null && modified is null) || tag?.Tag.Length > MaxTagLength || answer.Headers.CacheControl?.NoStore == true) return;
        var entry = new Entry(KeyOf(answer.RequestMessage!), sha256, tag, modified, time.GetTimestamp());
        lock (_lock)
        {
            if (_entries.TryGetValue(entry.Key, out var previous)) _oldestFirst.Remove(previous);
            _entries[entry.Key] = _oldestFirst.AddLast(entry);
            while (_oldestFirst.First is { Value: var oldest } && (_entries.Count > _options.MaxKnownUrls || IsOver(oldest)))
            {
                _oldestFirst.RemoveFirst();
                _entries.Remove(oldest.Key);
            }
        }
    }

    private Entry? Find(HttpRequestMessage request)
    {
        var key = KeyOf(request);
        lock (_lock) return _entries.TryGetValue(key, out var node) && !IsOver(node.Value) ? node.Value : null;
    }

    private bool IsOver(Entry entry) => time.GetElapsedTime(entry.RememberedAt) > _options.KnownFor;

    /// <summary>A hash: URLs hold secrets and have any length.</summary>
    private static string KeyOf(HttpRequestMessage request) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(request.RequestUri!.AbsoluteUri)));

    private sealed record Entry(string Key, byte[] Sha256, EntityTagHeaderValue? Tag, DateTimeOffset? LastModified, long RememberedAt);
}
