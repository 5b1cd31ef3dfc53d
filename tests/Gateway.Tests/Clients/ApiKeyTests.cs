using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Rembg.Gateway.Clients.Keys;

namespace Rembg.Gateway.Tests.Clients;

public class ApiKeyTests
{
    [Property(MaxTest = 200)]
    public void NewKey_IsReadBackAsItself(byte _)
    {
        var key = ApiKey.Create();

        ApiKey.TryParse(key.Reveal(), out var read).ShouldBeTrue();
        read.Id.ShouldBe(key.Id);
        read.Hash().ShouldBe(key.Hash());
    }

    [Property(MaxTest = 1000)]
    public void OneWrongCharacter_IsNoKey(NonNegativeInt place, char character)
    {
        var text = ApiKey.Create().Reveal();
        var at = place.Get % text.Length;
        if (text[at] == character) return;

        ApiKey.TryParse(text[..at] + character + text[(at + 1)..], out _).ShouldBeFalse();
    }

    [Property(MaxTest = 200)]
    public void TwoNeighboursSwapped_IsNoKey(NonNegativeInt place)
    {
        var text = ApiKey.Create().Reveal();
        var at = place.Get % (text.Length - 1);
        if (text[at] == text[at + 1]) return;

        ApiKey.TryParse($"{text[..at]}{text[at + 1]}{text[at]}{text[(at + 2)..]}", out _).ShouldBeFalse();
    }

    [Property(MaxTest = 1000)]
    public void AnyText_IsNoKeyAndNoError(string? text)
    {
        ApiKey.TryParse(text, out _).ShouldBeFalse();
        ApiKey.TryParse("rbg_" + text, out _).ShouldBeFalse();
    }

    [Fact]
    public void Form_IsTheOneThatScannersLookFor() =>
        ApiKey.Create().Reveal().ShouldMatch("^rbg_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$");

    [Fact]
    public void Text_HidesTheSecret()
    {
        var key = ApiKey.Create();

        $"{key}".ShouldBe($"rbg_{key.Id}_…");
    }
}
