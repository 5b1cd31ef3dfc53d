using System.Net.Http.Json;
using System.Text.Json;
using NetVips;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Tasks;

/// <summary>
/// Tasks as a client uses them: through any of the gateways, going to the next when one is gone or full. The stories that use it
/// are one collection: each keeps the machine busy, so they run one after the other.
/// </summary>
internal sealed class TaskApi(params Uri[] gateways) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private int _next;

    /// <summary>Posts until somebody has accepted; the key makes it one task however often that takes.</summary>
    public async Task<string> PostAsync(byte[] image, string query = "")
    {
        var key = Guid.NewGuid().ToString();
        return (await SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/tasks" + query) { Content = new ByteArrayContent(image) };
            request.Headers.Add("Idempotency-Key", key);
            return request;
        })).GetProperty("id").GetString()!;
    }

    public Task<JsonElement> ShowAsync(string id, int waitSeconds = 0) => SendAsync(() => new(HttpMethod.Get, $"/v1/tasks/{id}?wait={waitSeconds}s"));

    /// <summary>Waits until the task has ended.</summary>
    public async Task<JsonElement> EndOfAsync(string id)
    {
        JsonElement task = default;
        await Eventually.TrueAsync(async () =>
        {
            task = await ShowAsync(id, waitSeconds: 10);
            return Status(task) is not ("queued" or "running");
        }, $"task {id} ends", TimeSpan.FromMinutes(2));
        return task;
    }

    public static string Status(JsonElement task) => task.GetProperty("status").GetString()!;

    /// <summary>A small picture that is like no other number's.</summary>
    public static byte[] Picture(int number)
    {
        using var black = Image.Black(16, 16, bands: 3);
        using var coloured = black + new double[] { number & 255, number >> 8, 100 };
        using var bytes = coloured.Cast(Enums.BandFormat.Uchar);
        return bytes.PngsaveBuffer();
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> SendAsync(Func<HttpRequestMessage> request)
    {
        JsonElement body = default;
        await Eventually.TrueAsync(async () =>
        {
            using var message = request();
            message.RequestUri = new(gateways[Interlocked.Increment(ref _next) % gateways.Length], message.RequestUri!);
            try
            {
                using var answer = await _http.SendAsync(message);
                if ((int)answer.StatusCode >= 500) return false;
                answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
                body = await answer.Content.ReadFromJsonAsync<JsonElement>();
                return true;
            }
            catch (Exception gone) when (gone.IsLostConnection())
            {
                return false; // the gateway was killed
            }
        }, "a gateway answers", TimeSpan.FromMinutes(1));
        return body;
    }
}
