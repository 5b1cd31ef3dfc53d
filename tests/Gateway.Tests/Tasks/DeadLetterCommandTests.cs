using Rembg.Gateway.Tasks.Redis;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class DeadLetterCommandTests
{
    [Theory]
    [InlineData("tasks")]
    [InlineData("tasks dead")]
    [InlineData("tasks dead list extra")]
    [InlineData("tasks dead requeue")]
    [InlineData("tasks dead drop one two")]
    [InlineData("tasks alive list")]
    public async Task WrongArguments_AreAnsweredWithTheUsage(string command)
    {
        using var errors = new StringWriter();
        (await DeadLetterCommand.RunAsync(command.Split(' '), TextWriter.Null, errors)).ShouldBe(2);
        errors.ToString().ShouldContain("usage: tasks dead list");
    }

    [Fact]
    public async Task NoRedis_IsSaid()
    {
        using var errors = new StringWriter();
        (await DeadLetterCommand.RunAsync(["tasks", "dead", "list"], TextWriter.Null, errors)).ShouldBe(2);
        errors.ToString().ShouldContain("ConnectionStrings:Redis");
    }

    [Fact]
    public async Task RedisThatIsNotThere_IsOneLine()
    {
        using var errors = new StringWriter();
        (await DeadLetterCommand.RunAsync(["tasks", "dead", "list", "--ConnectionStrings:Redis=127.0.0.1:1"], TextWriter.Null, errors)).ShouldBe(2);
        errors.ToString().Trim().Split('\n').Length.ShouldBe(1);
    }
}
