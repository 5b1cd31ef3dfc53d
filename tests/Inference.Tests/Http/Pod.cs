using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Inference.Batching;
using Rembg.Inference.Models;
using Rembg.Inference.Tests.Models;

namespace Rembg.Inference.Tests.Http;

/// <summary>A whole pod in this process, on free ports, with the tiny model; <c>small</c>, and <c>both</c> that has an int8 form, can be loaded, too.</summary>
internal sealed class Pod : IAsyncDisposable
{
    private readonly TinyModelFolder _folder;
    private readonly WebApplication _app;

    private Pod(WebApplication app, TinyModelFolder folder)
    {
        (_app, _folder) = (app, folder);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address.Replace("[::]", "127.0.0.1", StringComparison.Ordinal))).ToArray();
        Http = new HttpClient { BaseAddress = addresses[0], Timeout = TimeSpan.FromMinutes(1) };
        Management = new HttpClient { BaseAddress = addresses[1], Timeout = TimeSpan.FromMinutes(1) };
    }

    public HttpClient Http { get; }
    public HttpClient Management { get; }
    public IServiceProvider Services => _app.Services;

    public static async Task<Pod> StartAsync(params string[] settings) => await StartAsync(null, settings);

    public static async Task<Pod> StartAsync(Action<WebApplicationBuilder>? configure, params string[] settings)
    {
        var folder = new TinyModelFolder();
        folder.Add();
        folder.Add("small", size: 32);
        folder.Add("both");
        folder.AddInt8("both");
        var app = Program.Build([
            "--Service:Address=127.0.0.1", "--Service:Port=0", "--Service:ManagementPort=0", $"--Models:Directory={folder.Path}", "--Models:Names=tiny",
            "--Batching:Sizes:tiny:0=1", .. settings], configure);
        await app.StartAsync();
        var pod = new Pod(app, folder);
        await pod.ReadyAsync();
        return pod;
    }

    public Task<HttpResponseMessage> InferAsync(byte[] image, string query = "", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/infer" + query) { Content = new ByteArrayContent(image) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return Http.SendAsync(request);
    }

    /// <summary>Lines of <c>/metrics</c>.</summary>
    public async Task<string[]> MetricsAsync() => (await Management.GetStringAsync("/metrics")).Split('\n');

    public Task StopAsync() => _app.StopAsync();

    private async Task ReadyAsync()
    {
        while (!(await Management.GetAsync("/readyz")).IsSuccessStatusCode) await Task.Yield();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Management.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
