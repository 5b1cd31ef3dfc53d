using System.Text.RegularExpressions;
using Rembg.Gateway.Tasks.Redis;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>What the runbooks tell people to type exists.</summary>
public sealed partial class RunbookTests
{
    [Fact]
    public async Task DeadLetterCommands_AreThoseThatTheGatewayKnows()
    {
        var runbook = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "docs", "runbooks", "RembgTasksDie.md"));
        var commands = Command().Matches(runbook).Select(match => match.Groups[1].Value.Split(' ')).ToList();

        commands.Select(words => words[2]).Distinct().Order().ShouldBe(["drop", "list", "requeue"]);
        foreach (var command in commands)
        {
            DeadLetterCommand.IsMeant(command).ShouldBeTrue();
            // Understood, and then in want of a Redis; a wrong one is answered with the usage.
            (await ComplaintAsync(command)).ShouldStartWith("Dead letters are kept on Redis only");
        }
        (await ComplaintAsync(["tasks", "dead", "bury", "ID"])).ShouldStartWith("usage:");
    }

    private static async Task<string> ComplaintAsync(string[] command)
    {
        var errors = new StringWriter();
        (await DeadLetterCommand.RunAsync(command, TextWriter.Null, errors)).ShouldBe(2);
        return errors.ToString();
    }

    [GeneratedRegex(@"-- dotnet Rembg\.Gateway\.dll (tasks .+)$", RegexOptions.Multiline)]
    private static partial Regex Command();
}
