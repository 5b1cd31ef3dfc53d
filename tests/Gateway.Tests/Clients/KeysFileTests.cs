using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Clients;

/// <summary>The keys file as Kubernetes mounts a secret: keys.json → ..data/keys.json, ..data → a folder that is swapped.</summary>
public sealed class KeysFileTests : IDisposable
{
    private readonly DirectoryInfo _mount = Directory.CreateTempSubdirectory("rembg-keys-");
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch);
    private readonly TestKey _first = TestKey.Create("first"), _second = TestKey.Create("second");
    private int _version;

    private string Path => System.IO.Path.Combine(_mount.FullName, "keys.json");

    public void Dispose() => _mount.Delete(recursive: true);

    [Fact]
    public async Task SwappedFile_IsInForceWithoutARestart()
    {
        await using var gateway = await StartAsync(TestKey.Json(_first));
        (await StatusAsync(gateway, _second)).ShouldBe(HttpStatusCode.Unauthorized);

        Mount(TestKey.Json(_second));

        await ReloadUntilAsync(gateway, async () => await StatusAsync(gateway, _second) == HttpStatusCode.OK, "the new key works");
        (await StatusAsync(gateway, _first)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task RevokedInTheFile_StopsWorking()
    {
        await using var gateway = await StartAsync(TestKey.Json(_first));
        (await StatusAsync(gateway, _first)).ShouldBe(HttpStatusCode.OK);

        Mount(TestKey.Json(_first with { Record = _first.Record with { RevokedAt = DateTimeOffset.UnixEpoch } }));

        await ReloadUntilAsync(gateway, async () => await StatusAsync(gateway, _first) == HttpStatusCode.Unauthorized, "the key is revoked");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{")]
    [InlineData("[null]")]
    [InlineData("null")]
    [InlineData("""[{"id":"a","client":"c","sha256":null}]""")]
    [InlineData("""[{"id":"a","client":"c","revokedat_":"2020-01-01"}]""")]
    [InlineData(null)]
    public async Task BrokenFile_KeepsTheLastGoodKeysAndSaysSoOnce(string? broken)
    {
        await using var gateway = await StartAsync(TestKey.Json(_first));

        Mount(broken);
        await ReloadUntilAsync(gateway, () => Task.FromResult(gateway.Log.At(LogLevel.Error).Any()), "the file is found broken");
        for (var i = 0; i < 3; i++) _clock.Advance(TimeSpan.FromSeconds(5));
        (await StatusAsync(gateway, _first)).ShouldBe(HttpStatusCode.OK);

        Mount(TestKey.Json(_first, _second));
        await ReloadUntilAsync(gateway, async () => await StatusAsync(gateway, _second) == HttpStatusCode.OK, "the mended file is in force");
        gateway.Log.At(LogLevel.Error).ShouldHaveSingleItem().ShouldContain(Path);
    }

    [Fact]
    public async Task EmptyList_MeansThatNoKeyWorks()
    {
        await using var gateway = await StartAsync("[]");

        (await StatusAsync(gateway, _first)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private Task<ClientGateway> StartAsync(string content)
    {
        Mount(content);
        // Wrong keys are tried again and again here while a reload is waited for.
        return ClientGateway.StartAsync(_clock, $"Clients:KeysFile={Path}", "Clients:WrongKeys:Burst=100000", "Clients:Plans:standard:Burst=100000");
    }

    private static async Task<HttpStatusCode> StatusAsync(ClientGateway gateway, TestKey key)
    {
        using var answer = await gateway.GetAsync("/own", key.Text);
        return answer.StatusCode;
    }

    private Task ReloadUntilAsync(ClientGateway gateway, Func<Task<bool>> isSo, string what) =>
        Eventually.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            return isSo();
        }, what);

    private void Mount(string? content)
    {
        var version = _mount.CreateSubdirectory($"..{++_version}").FullName;
        if (content is not null) File.WriteAllText(System.IO.Path.Combine(version, "keys.json"), content);

        var data = System.IO.Path.Combine(_mount.FullName, "..data");
        File.CreateSymbolicLink(data + "_tmp", version);
        using (var swap = Process.Start("mv", ["-T", data + "_tmp", data])) swap.WaitForExit(); // .NET cannot rename a link over a link
        if (!File.Exists(Path) && _version == 1) File.CreateSymbolicLink(Path, "..data/keys.json");
    }
}
