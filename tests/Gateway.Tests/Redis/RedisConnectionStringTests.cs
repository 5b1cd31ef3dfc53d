using Microsoft.Extensions.Options;
using Rembg.Gateway.Redis;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Redis;

public sealed class RedisConnectionStringTests
{
    [Theory]
    [InlineData("redis://redis.example.com", "redis.example.com:6379,user=,password=")]
    [InlineData("redis://redis.example.com:6380/3", "redis.example.com:6380,user=,password=,defaultDatabase=3")]
    [InlineData("redis://:p%40ss,word@redis.example.com/", "redis.example.com:6379,user=,password=p@ss,word")]
    [InlineData("rediss://user:secret@10.0.0.1:6380", "10.0.0.1:6380,user=user,password=secret,ssl=True")]
    public void Url_IsTheSameAsOptions(string url, string expected)
    {
        var options = RedisConnectionString.Parse(url);

        var text = $"{string.Join(',', options.EndPoints.Select(Shown))},user={options.User},password={options.Password}";
        if (options.Ssl) text += ",ssl=True";
        if (options.DefaultDatabase is { } database) text += $",defaultDatabase={database}";
        text.ShouldBe(expected);

        static string Shown(System.Net.EndPoint endpoint) => endpoint is System.Net.DnsEndPoint name ? $"{name.Host}:{name.Port}" : endpoint.ToString()!;
    }

    [Theory]
    [InlineData("http://redis:6379")]
    [InlineData("redis://")]
    [InlineData("redis://host:6379/zero")]
    [InlineData("redis://host:6379?db=1")]
    [InlineData("redis:6379,pasword=secret")]
    [InlineData("redis:6379,ssl=perhaps")]
    [InlineData("password=secret")]
    [InlineData("not a host")]
    [InlineData(",")]
    public void WhatIsNoConnectionString_IsRefusedByTheNameOfItsKeyWithoutThePassword(string text)
    {
        var message = Should.Throw<OptionsValidationException>(() => RedisConnectionString.Parse(text)).Message;

        message.ShouldStartWith("ConnectionStrings:Redis must be");
        message.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Gateway_EndsWithOneLine()
    {
        await using var gateway = ServiceProcess.Launch(RepositoryPaths.Dll("Rembg.Gateway"), ["--Service:Port=0", "--Service:ManagementPort=0", "--ConnectionStrings:Redis=redis:6379,pasword=secret"]);

        (await gateway.ExitAsync()).ShouldBe(1);
        gateway.Log.Trim().Split('\n').ShouldHaveSingleItem().ShouldStartWith("Configuration: ConnectionStrings:Redis must be");
    }
}
