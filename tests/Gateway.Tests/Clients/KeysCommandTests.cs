using System.Net;
using Rembg.Gateway.Clients.Keys;

namespace Rembg.Gateway.Tests.Clients;

public class KeysCommandTests
{
    [Fact]
    public async Task CreatedKey_WorksOnceItsLineIsInTheFile()
    {
        var (code, lines, _) = Run("keys", "create", "--client", "shop-a", "--plan", "standard");
        code.ShouldBe(0);
        var key = lines.Single(line => line.StartsWith("rbg_", StringComparison.Ordinal));
        var record = lines.Single(line => line.StartsWith('{'));
        record.ShouldNotContain(key.Split('_')[2]);

        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, $"[\n{record},\n]");
            await using var gateway = await ClientGateway.StartAsync($"Clients:KeysFile={file}");
            using var answer = await gateway.GetAsync("/work", key);
            (await answer.Content.ReadAsStringAsync()).ShouldBe("shop-a");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Expiry_IsTakenAsUtcIntoTheLine() =>
        Run("keys", "create", "--client", "a", "--expires", "2030-01-31").Lines[^1].ShouldContain("\"expiresAt\":\"2030-01-31T00:00:00+00:00\"");

    [Theory]
    [InlineData("keys")]
    [InlineData("keys", "create")]
    [InlineData("keys", "create", "--client")]
    [InlineData("keys", "create", "--client", "ip:1.2.3.4")]
    [InlineData("keys", "create", "--client", "a", "--expires", "soon")]
    [InlineData("keys", "list")]
    public void WrongArguments_ShowTheUsageAndNoKey(params string[] args)
    {
        var (code, lines, errors) = Run(args);

        code.ShouldBe(2);
        lines.ShouldBeEmpty();
        errors.ShouldStartWith("usage:");
    }

    private static (int Code, string[] Lines, string Errors) Run(params string[] args)
    {
        using StringWriter output = new(), errors = new();
        var code = KeysCommand.Run(args, output, errors);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), errors.ToString());
    }
}
