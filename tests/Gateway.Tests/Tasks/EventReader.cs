using System.Net.ServerSentEvents;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>Reads a task's events as a browser's EventSource does.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private EventReader(HttpResponseMessage answer, Stream body)
    {
        _answer = answer;
        _events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
    }

    public static async Task<EventReader> OpenAsync(HttpClient client, string id, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/tasks/{id}/events");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new(answer, await answer.Content.ReadAsStreamAsync());
    }

    /// <summary>Null at the end.</summary>
    public async Task<(string Id, ShownTask Task)?> NextAsync()
    {
        if (!await _events.MoveNextAsync()) return null;
        _events.Current.EventType.ShouldBe("status");
        return (_events.Current.EventId!, new(System.Text.Json.JsonDocument.Parse(_events.Current.Data).RootElement));
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        _answer.Dispose();
    }
}
