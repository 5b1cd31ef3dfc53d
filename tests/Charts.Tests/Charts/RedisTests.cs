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
    public async Task Password_OutlivesUpgrades()
    {
        // base64 of "of the first installation"
        await using var cluster = await LookedUpSecret.StartAsync("rembg-redis", new() { ["password"] = "b2YgdGhlIGZpcnN0IGluc3RhbGxhdGlvbg==" });
        System.Text.Encoding.UTF8.GetString(await PasswordAsync(cluster.Arguments)).ShouldBe("of the first installation");

        await using var other = await LookedUpSecret.StartAsync("another-redis", []);
        (await PasswordAsync(other.Arguments)).ShouldNotBe(await PasswordAsync(other.Arguments), "a new one for each new installation");

        static async Task<byte[]> PasswordAsync(IEnumerable<string> cluster) => (await Chart.RenderAsync([.. cluster, "--show-only", "templates/redis/secret.yaml"])).One<V1Secret>("redis").Data["password"];
    }
}
