namespace Rembg.Platform.Tests.Hostile;

/// <summary>Changes that know nothing of formats.</summary>
internal static class ByteMutations
{
    private static readonly byte[][] Magics =
    [
        [0xFF, 0xD8, 0xFF, 0xE0], [.. FileParts.PngSignature], [.. "RIFF"u8, 0xFF, 0xFF, 0xFF, 0x7F, .. "WEBPVP8L"u8], [.. "GIF89a"u8], [.. "II*\0"u8], [.. "%PDF-1.7"u8],
        [.. "<svg xmlns='http://www.w3.org/2000/svg'/>"u8], [.. "PK\x03\x04"u8], [0x7F, .. "ELF"u8], [0, 0, 0, 0x18, .. "ftypheic"u8], [0x1F, 0x8B, 8], [.. "BM"u8], [0, 0],
    ];

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new("bits flipped", FlipBits), new("bytes overwritten", Overwrite), new("cut off", (file, random) => file[..random.Next(file.Length)]), new("bytes put in", Insert),
        new("bytes taken out", Delete), new("bytes doubled", Double), new("another signature", Sign), new("spliced", Splice),
    ];

    private static byte[] FlipBits(byte[] file, Random random)
    {
        var changed = file.ToArray();
        for (var flips = 1 << random.Next(6); flips > 0; flips--) changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
        return changed;
    }

    private static byte[] Overwrite(byte[] file, Random random)
    {
        var changed = file.ToArray();
        var run = Run(changed, random);
        if (random.Next(3) == 0) run.Fill(random.Next(2) == 0 ? (byte)0 : (byte)0xFF);
        else random.NextBytes(run);
        return changed;
    }

    private static byte[] Insert(byte[] file, Random random)
    {
        var at = random.Next(file.Length);
        var bytes = new byte[1 << random.Next(12)];
        random.NextBytes(bytes);
        return [.. file[..at], .. bytes, .. file[at..]];
    }

    private static byte[] Delete(byte[] file, Random random)
    {
        var at = random.Next(file.Length);
        return [.. file[..at], .. file[Math.Min(file.Length, at + 1 + random.Next(64))..]];
    }

    private static byte[] Double(byte[] file, Random random)
    {
        var (from, to) = (random.Next(file.Length), random.Next(file.Length));
        if (from > to) (from, to) = (to, from);
        return [.. file[..to], .. file[from..to], .. file[to..]];
    }

    private static byte[] Sign(byte[] file, Random random)
    {
        var magic = Magics[random.Next(Magics.Length)];
        return random.Next(2) == 0 ? [.. magic, .. file] : [.. magic, .. file[Math.Min(file.Length, magic.Length)..]];
    }

    private static byte[] Splice(byte[] file, Random random)
    {
        var other = SeedFiles.All[random.Next(SeedFiles.All.Count)].Bytes;
        return [.. file[..random.Next(file.Length + 1)], .. other[random.Next(other.Length)..]];
    }

    private static Span<byte> Run(byte[] file, Random random)
    {
        var at = random.Next(file.Length);
        return file.AsSpan(at, Math.Min(file.Length - at, 1 + random.Next(32)));
    }
}
