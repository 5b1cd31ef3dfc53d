using System.Net;
using Rembg.Testing;

namespace Rembg.Platform.Tests;

public class StartAndStopTests
{
    [Fact]
    public async Task Sigterm_EndsBothServicesCleanly()
    {
        await using var platform = await Testing.Platform.StartAsync();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Photos.Rocket), "file", "rocket.jpg" } };
        (await platform.Http.PostAsync("/v1/remove-background", form)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await platform.Gateways[0].TerminateAsync()).ShouldBe(0);
        (await platform.Pods[0].TerminateAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("Rembg.Inference", "--Models:Provider=Cuda", "Models:Provider is Cuda")]
    [InlineData("Rembg.Inference", "--Models:Provider=TensorRt", "Models:Provider is TensorRt")]
    [InlineData("Rembg.Inference", "--Models:Names=missing", "There is no prepared model missing")]
    [InlineData("Rembg.Inference", "--Models:Names=,", "Models:Names must hold at least one name.")]
    [InlineData("Rembg.Inference", "--Batching:MaxBatchSize=0", "Batching:MaxBatchSize must be between 1 and 64.")]
    [InlineData("Rembg.Inference", "--Admission:MaxRequests=0", "Admission:MaxRequests must be between 1 and 100000.")]
    [InlineData("Rembg.Inference", "--Images:MaxPixels=many", "Images:MaxPixels cannot be read.")]
    [InlineData("Rembg.Inference", "--Service:Address=localhost", "Service:Address must be * or an IP address; 'localhost' is neither.")]
    [InlineData("Rembg.Gateway", "--Service:Address=localhost", "Service:Address must be * or an IP address; 'localhost' is neither.")]
    [InlineData("Rembg.Gateway", "--Service:Port=http", "Service:Port cannot be read.")]
    [InlineData("Rembg.Gateway", "--Edge:RequestTimeout=abc", "Edge:RequestTimeout cannot be read.")]
    [InlineData("Rembg.Gateway", "--Pods:ProbeEvery=often", "Pods:ProbeEvery cannot be read.")]
    [InlineData("Rembg.Gateway", "--Tasks:Lease=abc", "Tasks:Lease cannot be read.")]
    [InlineData("Rembg.Gateway", "--Cache:Scope=Nobody", "Cache:Scope cannot be read.")]
    public async Task WrongConfiguration_EndsTheProcessWithOneLine(string service, string argument, string reason)
    {
        var models = Directory.CreateTempSubdirectory("rembg-models-").FullName;
        TinyModel.WriteTo(models);
        await using var process = ServiceProcess.Launch(RepositoryPaths.Dll(service),
            ["--Service:Address=127.0.0.1", "--Service:Port=0", "--Service:ManagementPort=0", $"--Models:Directory={models}", "--Models:Names=tiny", argument]);

        (await process.ExitAsync()).ShouldNotBe(0);
        process.Log.ShouldContain(reason);
        process.Log.ShouldNotContain("   at ", Case.Sensitive, "a line for the operator, no stack trace");
        Directory.Delete(models, recursive: true);
    }

    [Fact]
    public async Task PodIsGone_GatewayIsReadyAndSaysSo()
    {
        await using var platform = await Testing.Platform.StartAsync(gatewayArguments: ["--Pods:WaitForPod=00:00:00.2"]);
        await platform.Pods[0].KillAsync();

        using var management = new HttpClient { BaseAddress = platform.Gateways[0].ManagementAddress };
        await Eventually.TrueAsync(async () => (await management.GetStringAsync("/metrics")).Contains("rembg_gateway_pods{state=\"unhealthy\"} 1", StringComparison.Ordinal), "the gateway has seen it");
        (await management.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await management.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var form = new MultipartFormDataContent { { new ByteArrayContent(Photos.Rocket), "file", "rocket.jpg" } };
        var answer = await platform.Http.PostAsync("/v1/remove-background", form);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }
}
