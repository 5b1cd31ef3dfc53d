namespace Rembg.Testing;

/// <summary>The photographs of <c>tests/photos</c> and the masks that the reference implementation gives for them.</summary>
public static class Photos
{
    public static IReadOnlyList<string> Names { get; } = ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"];

    /// <summary>512 x 512 PNG, a person.</summary>
    public static byte[] Astronaut => Read("astronaut.png");

    /// <summary>640 x 427 JPEG, a rocket.</summary>
    public static byte[] Rocket => Read("rocket.jpg");

    public static byte[] Read(string name) => File.ReadAllBytes(Path(name));

    /// <summary>8-bit grey PNG of the photograph's own size.</summary>
    public static byte[] ReferenceMask(string name) => File.ReadAllBytes(Path($"masks/{System.IO.Path.GetFileNameWithoutExtension(name)}.png"));

    public static string Path(string name) => System.IO.Path.Combine(RepositoryPaths.Root, "tests", "photos", name);
}
