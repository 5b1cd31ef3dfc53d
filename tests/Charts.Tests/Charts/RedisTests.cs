using System.Text.Json.Nodes;
using k8s.Models;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Charts;

public sealed class RedisTests
{
    [Fact]
    public async Task Arguments_StartARealRedisThatAsksForItsPassword()
    {
        var arguments = (await Chart.RenderAsync("defaults")).One<V1StatefulSet>("redis").Spec.Template.Spec.Containers[0].Args
            .Select(argument => argument.Replace("$(REDIS_PASSWORD)", "secret", StringComparison.Ordinal)).ToArray();
        var folder = Directory.CreateTempSubdirectory("rembg-redis-data-");
        arguments[Array.IndexOf(arguments, "--dir") + 1].ShouldBe("/data");
        arguments[Array.IndexOf(arguments, "--dir") + 1] = folder.FullName;

        await using (var redis = await RedisServer.StartAsync(appendOnly: false, arguments))
        {
            (await redis.CommandAsync("PING")).ShouldStartWith("-NOAUTH");
            folder.EnumerateDirectories().Single().Name.ShouldBe("appendonlydir");
        }
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task NothingIsEvicted_AndWhatGatewaysMayKeepFits()
    {
        var release = await Chart.RenderAsync("defaults");
        var arguments = release.One<V1StatefulSet>("redis").Spec.Template.Spec.Containers[0].Args;
        var settings = Settings.Environment(release.One<V1Deployment>("gateway").Spec.Template.Spec.Containers[0]);

        arguments[arguments.IndexOf("--maxmemory-policy") + 1].ShouldBe("noeviction");
        var memory = long.Parse(arguments[arguments.IndexOf("--maxmemory") + 1][..^2], provider: null) << 20;
        string[] bounds = ["Tasks__MaxUnfinishedBytes", "Tasks__MaxResultBytes", "Tasks__MaxDeadLetterBytes", "Cache__RedisMaxBytes"];
        bounds.Sum(bound => long.Parse(settings[bound], provider: null)).ShouldBeLessThanOrEqualTo(memory * 7 / 8); // an eighth for records and Redis itself
    }

    [Fact]
    public async Task Password_IsOneSecretForBothEnds()
    {
        var release = await Chart.RenderAsync("defaults");
        var secret = release.One<V1Secret>("redis");
        var server = release.One<V1StatefulSet>("redis").Spec.Template.Spec.Containers[0].Env.Single(e => e.Name == "REDIS_PASSWORD").ValueFrom.SecretKeyRef;
        var client = release.One<V1Deployment>("gateway").Spec.Template.Spec.Containers[0].Env.Single(e => e.Name == "REDIS_PASSWORD").ValueFrom.SecretKeyRef;

        (server.Name, server.Key).ShouldBe((secret.Metadata.Name, secret.Data.Keys.Single()));
        (client.Name, client.Key).ShouldBe((server.Name, server.Key));
    }

    [Fact]
    public async Task ChangedPassword_RestartsBothEnds()
    {
        var (one, other) = (await Chart.RenderAsync([]), await Chart.RenderAsync([]));
        static string Checksum(k8s.Models.V1PodTemplateSpec pod) => pod.Metadata.Annotations["checksum/redis-password"];

        Checksum(one.One<V1StatefulSet>("redis").Spec.Template).ShouldBe(Checksum(one.One<V1Deployment>("gateway").Spec.Template));
        Checksum(other.One<V1StatefulSet>("redis").Spec.Template).ShouldNotBe(Checksum(one.One<V1StatefulSet>("redis").Spec.Template));
    }

    [Fact]
    public async Task SmallerVolume_IsRefusedWithTheWayOut()
    {
        await using var cluster = await LookedUpObjects.StartAsync(("StatefulSet", "rembg-redis", JsonNode.Parse(
            """{"spec": {"volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "10Gi"}}}}]}}""")!.AsObject()));

        var refused = await ClusterTools.HelmAsync(["template", "rembg", Chart.Folder, "--namespace", "photos", "--set", "redis.storage.size=20Gi", .. cluster.Arguments, "--show-only", "templates/redis/statefulset.yaml"]);
        refused.ExitCode.ShouldNotBe(0);
        refused.StandardError.ShouldContain("resize the claim data-rembg-redis-0");
        await Chart.RenderAsync([.. cluster.Arguments, "--show-only", "templates/redis/statefulset.yaml"]);
    }

    [Fact]
    public async Task LimitBelowItsMemory_IsRefused()
    {
        var refused = await ClusterTools.HelmAsync(["template", "rembg", Chart.Folder, "--set", "redis.maxMemoryMiB=8192"]);
        refused.ExitCode.ShouldNotBe(0);
        refused.StandardError.ShouldContain("redis.resources.limits.memory (6Gi) is below redis.maxMemoryMiB (8192)");
    }

    [Fact]
    public async Task Probes_AskForAnAnswerAndNotForAPort()
    {
        var container = (await Chart.RenderAsync("defaults")).One<V1StatefulSet>("redis").Spec.Template.Spec.Containers[0];
        foreach (var probe in (V1Probe[])[container.StartupProbe, container.ReadinessProbe]) probe.Exec.Command.ShouldBe(["sh", "-c", "redis-cli ping | grep -q PONG"]);
        container.Env.Single(e => e.Name == "REDISCLI_AUTH").Value.ShouldBe("$(REDIS_PASSWORD)");
    }

    [Fact]
    public async Task Password_OutlivesUpgrades()
    {
        // base64 of "of the first installation"
        await using var cluster = await LookedUpObjects.StartAsync(("Secret", "rembg-redis", new() { ["data"] = new JsonObject { ["password"] = "b2YgdGhlIGZpcnN0IGluc3RhbGxhdGlvbg==" } }));
        System.Text.Encoding.UTF8.GetString(await PasswordAsync(cluster.Arguments)).ShouldBe("of the first installation");

        await using var other = await LookedUpObjects.StartAsync();
        (await PasswordAsync(other.Arguments)).ShouldNotBe(await PasswordAsync(other.Arguments), "a new one for each new installation");

        static async Task<byte[]> PasswordAsync(IEnumerable<string> cluster) => (await Chart.RenderAsync([.. cluster, "--show-only", "templates/redis/secret.yaml"])).One<V1Secret>("redis").Data["password"];
    }
}
