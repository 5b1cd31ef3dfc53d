using System.Net;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Front;

/// <summary>More connections than the process may open files.</summary>
public sealed class OpenFilesTests
{
    private const int Limit = 1024, Crowd = 1500;

    [Theory]
    [InlineData("Rembg.Gateway", "--Pods:Addresses:0=http://127.0.0.1:9", "--Edge:MaxConnectionsPerAddress=100000")]
    [InlineData("Rembg.Inference", "--Models:Directory={prepared}", "--Models:Names=isnet-general-use")]
    public async Task CrowdBeyondTheLimit_IsRefused_AndTheServiceAnswersAfterIt(string project, params string[] settings)
    {
        await using var service = await ServiceProcess.StartAsync(project, settings.Select(setting => setting.Replace("{prepared}", RepositoryPaths.PreparedModels, StringComparison.Ordinal)),
            under: ["prlimit", $"--nofile={Limit}:{Limit}"]);

        var crowd = new List<RawClient>();
        for (var i = 0; i < Crowd; i++) crowd.Add(await RawClient.ConnectAsync(service.Address));
        using (var during = new HttpClient { BaseAddress = service.ManagementAddress }) (await during.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK, "probes get through");
        crowd.ForEach(client => client.Dispose());

        using var http = new HttpClient { BaseAddress = service.Address };
        await Eventually.TrueAsync(async () => await AnswersAsync(http), "it answers when the crowd has gone");
        service.HasExited.ShouldBeFalse();
    }

    private static async Task<bool> AnswersAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/v1/models");
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
