using System.Diagnostics;
using System.Globalization;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// What a kept mask saves: a photo's next picture over its first, on a CPU pod with the real model, in turns. And what masks take in
/// Redis beside the pictures that lay there before.
/// </summary>
internal static class MasksScenario
{
    private const int Rounds = 5, Connections = 4;
    private static readonly string[] Next = ["?format=webp", "?format=jpg", "?format=zip", "?channels=alpha", "?bg_color=white"];
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    private sealed record Photo(string Name, byte[] File);

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use";
        await using var redis = await RedisServer.StartAsync();
        // Pictures are not kept, so that each request is drawn.
        await using var platform = await Platform.StartWithRealModelAsync(model, gatewayArguments: [$"--ConnectionStrings:Redis={redis.ConnectionString}", "--Cache:MaxEntryBytes=1024"]);
        Photo[] photos = [.. Photos.Names.Select(name => new Photo(name, Photos.Read(name))), new("12 MP JPEG", TestPhoto.Jpeg(4000, 3000))];
        foreach (var photo in photos)
        {
            await CutAsync(platform, photo, "?format=png", "no-cache", "miss"); // the runtime compiles
            foreach (var query in Next) await CutAsync(platform, photo, query, null, "mask");
        }

        report.Line($"{model} on a CPU pod, one request at a time, medians of {Rounds} rounds in turns. First: PNG, the model runs (`no-cache`). Next: the mean of {string.Join(", ", Next.Select(query => $"`{query[1..]}`"))}, drawn with the mask.");
        report.Line();
        report.Row("photo", "first ms", "next ms", "next over first", "PNG of the cutout, kB", "mask in Redis, kB");
        report.Row("---", "---:", "---:", "---:", "---:", "---:");
        var (ratios, sizes) = (new List<double>(), new List<double>());
        foreach (var photo in photos)
        {
            var (first, next, bytes) = await MeasureAsync(platform, photo);
            var mask = await LastWrittenAsync(redis);
            report.Row(photo.Name, $"{first:F0}", $"{next:F0}", $"{next / first:F3}", $"{bytes / 1000.0:F0}", $"{mask / 1000.0:F0}");
            ratios.Add(next / first);
            sizes.Add(mask);
        }
        report.Line();
        report.Figure("redraw_over_full", Median(ratios[..^1]), "time of a photo's next picture over its first, median of the test photographs; reach 0.25");
        report.Figure("redraw_over_full_12mp", ratios[^1], "the same of 12 megapixels");
        report.Figure("mask_redis_kb_mean", sizes[..^1].Average() / 1000, "kB that a test photograph takes in Redis (MEMORY USAGE), mean; reach 64");
        report.Figure("mask_redis_kb_max", sizes[..^1].Max() / 1000, "the largest of them");

        var drawn = await PerSecondAsync(platform, "mask", _ => photos[0].File);
        var run = await PerSecondAsync(platform, "miss", i => TestPhoto.Unique(photos[0].File, i));
        report.Figure("mask_hits_per_second", drawn, $"PNGs a second of one photo (512 x 512), drawn with its mask, {Connections} connections");
        report.Figure("mask_hits_over_runs", drawn / run, "over the same with a model run each");
    }

    private static async Task<(double First, double Next, long Bytes)> MeasureAsync(Platform platform, Photo photo)
    {
        var (first, next, bytes) = (new List<double>(), new List<double>(), 0L);
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            bytes = await CutAsync(platform, photo, "?format=png", "no-cache", "miss");
            first.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);

            started = Stopwatch.GetTimestamp();
            foreach (var query in Next) await CutAsync(platform, photo, query, null, "mask");
            next.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / Next.Length);
        }
        return (Median(first), Median(next), bytes);
    }

    private static async Task<double> PerSecondAsync(Platform platform, string expected, Func<int, byte[]> file)
    {
        var (answers, started) = (0, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async i =>
        {
            for (; Stopwatch.GetElapsedTime(started) < Length; i += Connections)
            {
                await CutAsync(platform, new("photo", file(i)), $"?format=png&bg_color={i:x6}", null, expected); // each another picture
                Interlocked.Increment(ref answers);
            }
        }));
        return answers / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <returns>Bytes of the answer.</returns>
    private static async Task<long> CutAsync(Platform platform, Photo photo, string query, string? cacheControl, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/remove-background" + query) { Content = new ByteArrayContent(photo.File) };
        if (cacheControl is not null) request.Headers.TryAddWithoutValidation("Cache-Control", cacheControl);
        using var answer = await platform.Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        var cache = answer.Headers.GetValues("X-Cache").Single();
        if (cache != expected) throw new InvalidOperationException($"{photo.Name}{query} was a {cache}, not a {expected}: the times would say nothing.");
        return (await answer.Content.ReadAsByteArrayAsync()).Length;
    }

    /// <summary>Bytes that Redis holds for the mask that was written last: key, value and what it needs around them.</summary>
    private static async Task<long> LastWrittenAsync(RedisServer redis)
    {
        var entry = await redis.CommandAsync("""EVAL "return redis.call('zrange','rembg:{cache}:ledger',-1,-1)[1]" 0""");
        return long.Parse((await redis.CommandAsync($"MEMORY USAGE rembg:cache:{entry.Split(' ')[1]}"))[1..], CultureInfo.InvariantCulture);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
