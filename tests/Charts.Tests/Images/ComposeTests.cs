using System.Net;
using Rembg.Charts.Tests.Charts;
using Rembg.Charts.Tests.Monitoring;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>What can be checked of compose.yaml without an engine: its fields, its files, and each service of ours as a process with its environment and health check.</summary>
public sealed class ComposeTests
{
    private static readonly ComposeFile Compose = ComposeFile.Read();

    [Fact]
    public void Mounts_ExistOrAreVolumes()
    {
        foreach (var (name, service) in Compose.Services)
            foreach (var source in service.Volumes.Select(volume => volume.Split(':')[0]))
            {
                if (source.StartsWith("./", StringComparison.Ordinal)) Path.Exists(Path.Combine(RepositoryPaths.Root, source)).ShouldBeTrue($"{name}: {source}");
                else Compose.Volumes.Keys.ShouldContain(source, name);
            }
    }

    [Fact]
    public void EveryService_IsConfinedAndComesBack()
    {
        foreach (var (name, service) in Compose.Services)
        {
            (service.ReadOnly, service.Restart).ShouldBe((true, "unless-stopped"), name);
            service.CapDrop.ShouldBe(["ALL"], name);
            service.SecurityOpt.ShouldBe(["no-new-privileges:true"], name);
            (service.Image!.Contains(':', StringComparison.Ordinal) || service.Build is not null).ShouldBeTrue($"{name}: a version, or built here");
        }
    }

    [Theory, InlineData("gateway", typeof(Rembg.Gateway.Program)), InlineData("inference", typeof(Rembg.Inference.Program))]
    public void Settings_AreThoseOfTheService(string name, Type program)
    {
        var service = Compose.Services[name];
        File.Exists(Path.Combine(RepositoryPaths.Root, service.Build!.Dockerfile)).ShouldBeTrue();
        Settings.Complaints(program.Assembly, service.Environment).ShouldBeEmpty();
        service.Healthcheck!.Test.ShouldBe(["CMD", "dotnet", $"Rembg.{char.ToUpperInvariant(name[0])}{name[1..]}.dll", "healthcheck"]);
    }

    [Fact]
    public void Rules_AreTheCharts()
    {
        var rules = Path.Combine(RepositoryPaths.Root, "compose", "rules.yaml");
        var chart = Path.Combine(RepositoryPaths.Root, "charts", "rembg-platform", "rules");
        var expected = "# Written by ComposeTests from the chart's rules: REMBG_WRITE_DOCS=1 ./test.sh --filter ComposeTests\ngroups:\n"
            + (File.ReadAllText(Path.Combine(chart, "recording.yaml")) + File.ReadAllText(Path.Combine(chart, "alerts.yaml")))
                .Replace("NAMESPACE", "compose", StringComparison.Ordinal).Replace("FULLNAME", "rembg", StringComparison.Ordinal).Replace("RUNBOOKS", "docs/runbooks", StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("REMBG_WRITE_DOCS") is { Length: > 0 }) File.WriteAllText(rules, expected);
        File.ReadAllText(rules).ShouldBe(expected);
    }

    [Fact]
    public async Task Prometheus_TakesItsConfiguration() =>
        (await Promtool.RunAsync(Path.Combine(RepositoryPaths.Root, "compose"), "check", "config", "prometheus.yaml")).ShouldContain("SUCCESS");

    [Fact]
    public async Task Services_WorkTogetherWithTheirCommandsEnvironmentsAndHealthChecks()
    {
        var folder = Directory.CreateTempSubdirectory("rembg-compose-");
        try
        {
            // 1. Redis, by its command line.
            var command = Compose.Services["redis"].Command.Select(word => word == "/data" ? folder.CreateSubdirectory("data").FullName : word).ToArray();
            command[0].ShouldBe("redis-server");
            await using var redis = await RedisServer.StartAsync(arguments: command[1..]);

            // 2. Both services; names of containers are addresses of this machine here.
            TinyModel.WriteTo(folder.FullName);
            await using var pod = await ServiceProcess.StartAsync("Rembg.Inference",
                [$"--Models:Directory={folder.FullName}", "--Models:Names=tiny", "--Batching:Sizes:tiny:0=1"], environment: EnvironmentOf("inference"));
            await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
                [$"--Pods:ManagementAddresses:0={pod.ManagementAddress}"], environment: EnvironmentOf("gateway", ("http://inference:7100", $"http://127.0.0.1:{pod.Port}"), ("redis:6379", redis.ConnectionString)));

            // 3. Their health checks say what /readyz says.
            await pod.ReadyAsync();
            await gateway.ReadyAsync();
            (await HealthAsync("inference", pod.ManagementPort)).ShouldBe(0);
            (await HealthAsync("gateway", gateway.ManagementPort)).ShouldBe(0);

            // 4. A cutout, and a task that Redis keeps.
            using var http = new HttpClient { BaseAddress = gateway.Address };
            (await http.PostAsync("/v1/remove-background", new ByteArrayContent(Photos.Rocket))).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await http.PostAsync("/v1/tasks", new ByteArrayContent(Photos.Rocket))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (await redis.CommandAsync("KEYS rembg:{tasks}*")).ShouldNotBe("*0");

            // 5. A service that is not there is not healthy.
            await pod.TerminateAsync();
            (await HealthAsync("inference", pod.ManagementPort)).ShouldBe(1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>As Compose sets it: a variable that is not set leaves the default behind <c>:-</c>.</summary>
    private static Dictionary<string, string> EnvironmentOf(string service, params (string Name, string Address)[] names) =>
        Compose.Services[service].Environment.ToDictionary(variable => variable.Key, variable =>
            names.Aggregate(variable.Value is "${TRACES:-}" ? "" : variable.Value, (value, name) => value.Replace(name.Name, name.Address, StringComparison.Ordinal)));

    private static async Task<int> HealthAsync(string service, int managementPort)
    {
        var test = Compose.Services[service].Healthcheck!.Test;
        await using var check = ServiceProcess.Launch(RepositoryPaths.Dll(Path.GetFileNameWithoutExtension(test[2])), test.Skip(3),
            new Dictionary<string, string> { ["Service__ManagementPort"] = $"{managementPort}" }, dotnet: test[1]);
        return await check.ExitAsync();
    }
}
