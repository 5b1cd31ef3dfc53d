using System.Net;
using System.Text.Json;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Front;

/// <summary>Under a path of somebody's site, behind a real nginx: where do our links lead?</summary>
public sealed class PathPrefixTests
{
    private const string Prefix = "/cutouts";

    [Theory]
    [InlineData("proxy_set_header X-Forwarded-Prefix /cutouts;", "--Edge:TrustedProxies:0=127.0.0.1")]
    [InlineData("", "--Edge:PathBase=/cutouts")]
    public async Task UnderAPrefix_LinksAndDocumentBeginWithIt(string nginxSettings, string gatewaySetting)
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway", [$"--Pods:Addresses:0={pod.Address}", $"--Pods:ManagementAddresses:0={pod.Address}", gatewaySetting]);
        await gateway.ReadyAsync();
        await using var nginx = await Nginx.StartAsync(gateway.Address, nginxSettings, Prefix + "/");
        using var http = new HttpClient { BaseAddress = nginx.Address };

        using var accepted = await http.PostAsync($"{Prefix}/v1/tasks", new ByteArrayContent(Photos.Astronaut));
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted, gateway.Log);
        var location = accepted.Headers.Location!.ToString();
        location.ShouldStartWith($"{Prefix}/v1/tasks/");

        using var task = JsonDocument.Parse(await http.GetStringAsync(location + "?wait=20s"));
        var links = task.RootElement.GetProperty("links");
        links.GetProperty("self").GetString().ShouldBe(location);
        (await http.GetAsync(links.GetProperty("result").GetString())).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var document = JsonDocument.Parse(await http.GetStringAsync($"{Prefix}/openapi/v1.json"));
        document.RootElement.GetProperty("servers")[0].GetProperty("url").GetString().ShouldBe($"{Prefix}/");
        (await http.GetAsync($"{Prefix}/")).StatusCode.ShouldBe(HttpStatusCode.OK, "the page");
    }
}
