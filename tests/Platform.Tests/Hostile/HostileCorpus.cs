namespace Rembg.Platform.Tests.Hostile;

/// <summary>One way to damage a file. Leaves the file that it is given as it is; depends on nothing but its arguments.</summary>
internal sealed record Mutation(string What, Func<byte[], Random, byte[]> Apply);

/// <summary>An input and its name: the corpus' seed and its own number make it again.</summary>
internal sealed record HostileFile(int Seed, int Number, string What, byte[] Bytes)
{
    public override string ToString() => $"({Seed}, {Number}) {What}, {Bytes.Length:N0} bytes";
}

/// <summary>As many hostile files as are wanted, made in code: input number N of a seed is the same file in each run.</summary>
internal sealed class HostileCorpus(int seed)
{
    private const int ForgeryShare = 40; // one in so many: they are what costs time

    public static IReadOnlyList<Mutation> Mutations { get; } = [.. ByteMutations.All, .. PartMutations.All, .. SizeMutations.All, .. SizeMutations.All];

    public HostileFile this[int number]
    {
        get
        {
            var random = new Random(unchecked(seed * 1_000_003 + number));
            if (number % ForgeryShare == 0)
            {
                var (what, make) = CraftedFiles.All[number / ForgeryShare % CraftedFiles.All.Count];
                return new(seed, number, what, make(random));
            }
            var file = SeedFiles.All[random.Next(SeedFiles.All.Count)];
            var (name, bytes) = (file.Kind, file.Bytes);
            for (var changes = random.Next(3) == 0 ? 2 : 1; changes > 0 && bytes.Length > 0; changes--)
            {
                var mutation = Mutations[random.Next(Mutations.Count)];
                (name, bytes) = ($"{name}, {mutation.What}", mutation.Apply(bytes, random));
            }
            return new(seed, number, name, random.Next(2) == 0 ? FileParts.Mend(bytes) : bytes);
        }
    }
}
