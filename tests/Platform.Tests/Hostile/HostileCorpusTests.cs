namespace Rembg.Platform.Tests.Hostile;

/// <summary>The corpus itself: repeatable, varied, and not so broken that nothing gets past the first look.</summary>
public class HostileCorpusTests
{
    private static readonly HostileFile[] Files = [.. Enumerable.Range(0, 3000).Select(number => new HostileCorpus(1)[number])];

    [Fact]
    public void NameOfAFile_MakesItAgain()
    {
        foreach (var file in Files) new HostileCorpus(file.Seed)[file.Number].Bytes.AsSpan().SequenceEqual(file.Bytes).ShouldBeTrue($"{file}");
    }

    [Fact]
    public void OtherSeed_MakesOthers() =>
        Files.Count(file => new HostileCorpus(2)[file.Number].Bytes.AsSpan().SequenceEqual(file.Bytes)).ShouldBeLessThan(Files.Length / 20);

    [Fact]
    public void EveryKindAndEveryDamage_IsThere()
    {
        var seen = Files.SelectMany(file => file.What.Split(", ")).ToHashSet();
        var all = SeedFiles.All.Select(seed => seed.Kind).Concat(HostileCorpus.Mutations.Select(mutation => mutation.What)).Concat(CraftedFiles.All.Select(forgery => forgery.What));

        all.Where(what => !seen.Contains(what)).ShouldBeEmpty();
    }

    [Fact]
    public void Parts_PutTogetherAreTheFile()
    {
        foreach (var file in Files) FileParts.Join(FileParts.Split(file.Bytes)).AsSpan().SequenceEqual(file.Bytes).ShouldBeTrue($"{file}");
        foreach (var seed in SeedFiles.All) FileParts.Mend(seed.Bytes).AsSpan().SequenceEqual(seed.Bytes).ShouldBeTrue(seed.Kind);
    }
}
