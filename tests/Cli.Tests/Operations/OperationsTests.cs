using System.CommandLine;
using Rembg.Testing;

namespace Rembg.Cli.Tests.Operations;

/// <summary>Commands of the other programs, as processes: they write to the console.</summary>
public class OperationsTests
{
    [Fact]
    public async Task KeysCreate_PrintsAKeyAndTheLineToStore()
    {
        var said = await RunAsync("keys", "create", "--client", "shop-a", "--expires", "2030-01-31");
        said.ShouldContain("Key for shop-a");
        said.ShouldContain("2030-01-31");
    }

    [Theory]
    [InlineData("keys create")]
    [InlineData("tasks dead drop")]
    [InlineData("tasks dead requeue some-id --all")]
    [InlineData("models calibrate isnet-general-use")]
    [InlineData("no-such-command")]
    public async Task WhatMakesNoSense_IsRefused(string line)
    {
        using var errors = new StringWriter();
        (await Program.RunAsync(line.Split(' '), new InvocationConfiguration { Output = TextWriter.Null, Error = errors }, CancellationToken.None)).ShouldBe(2);
        errors.ToString().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task DeadLetters_AreOnRedisOnly() => (await RunAsync("tasks", "dead", "list")).ShouldContain("Dead letters are kept on Redis only");

    [Fact]
    public async Task ModelOfNoManifest_IsNamed()
    {
        (await RunAsync("models", "fetch", "no-such-model")).ShouldContain("no-such-model");
    }

    [Fact]
    public async Task Completion_KnowsTheOptionsOfTheApi() => (await RunAsync("[suggest:23]", "cutout a.jpg --format ")).Split('\n').ShouldContain("webp");

    private static Task<string> RunAsync(params string[] args) => Testing.Command.RunAsync("dotnet", [typeof(Program).Assembly.Location, .. args]);
}
