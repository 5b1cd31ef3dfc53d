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
    [InlineData("--Models:Provider=Cuda", "Models:Provider is Cuda")]
    [InlineData("--Models:Provider=TensorRt", "Models:Provider is TensorRt")]
    [InlineData("--Models:Names=missing", "There is no prepared model missing")]
    [InlineData("--Batching:MaxBatchSize=0", "MaxBatchSize")]
    public async Task WrongConfiguration_EndsTheProcessWithItsReason(string argument, string reason)
    {
        var models = Directory.CreateTempSubdirectory("rembg-models-").FullName;
        TinyModel.WriteTo(models);
        await using var pod = ServiceProcess.Launch(RepositoryPaths.Dll("Rembg.Inference"),
            ["--Service:Address=127.0.0.1", "--Service:Port=0", "--Service:ManagementPort=0", $"--Models:Directory={models}", "--Models:Names=tiny", argument]);

        (await pod.ExitAsync()).ShouldNotBe(0);
        pod.Log.ShouldContain(reason);
        pod.Log.ShouldNotContain("   at ", Case.Sensitive, "a line for the operator, no stack trace");
        Directory.Delete(models, recursive: true);
    }

    [Fact]
    public async Task PodIsGone_GatewayIsReadyAndSaysSo()
    {
        await using var platform = await Testing.Platform.StartAsync(gatewayArguments: ["--Pods:WaitForPod=00:00:00.2"]);
        await platform.Pods[0].KillAsync();

        using var management = new HttpClient { BaseAddress = platform.Gateways[0].ManagementAddress };
        await Eventually.TrueAsync(async () => (await management.GetStringAsync("/metrics")).Contains("rembg_gateway_pods{state=\"away\"} 1", StringComparison.Ordinal), "the gateway has seen it");
        (await management.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await management.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var form = new MultipartFormDataContent { { new ByteArrayContent(Photos.Rocket), "file", "rocket.jpg" } };
        var answer = await platform.Http.PostAsync("/v1/remove-background", form);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull();
    }
}
