namespace Rembg.Testing;

/// <summary>Where things lie in the checkout that the running test assembly was built from; absolute paths.</summary>
public static class RepositoryPaths
{
    public static string Root { get; } = FindRoot();

    /// <summary>Holds <c>manifest.json</c>, <c>cache/</c> and <c>prepared/</c>.</summary>
    public static string Models => Path.Combine(Root, "models");

    /// <summary>Holds <c>NAME.onnx</c> and <c>NAME.json</c>; test.sh prepares the default model before it runs any test.</summary>
    public static string PreparedModels => Path.Combine(Models, "prepared");

    /// <summary>The built program of a project, e.g. <c>Rembg.Gateway</c>, in the configuration (debug, release) that the tests run in.</summary>
    public static string Dll(string project) => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, Configuration, $"{project}.dll"));

    // The artifacts layout ends in .../bin/PROJECT/CONFIGURATION/.
    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "Rembg.Platform.slnx"))) return directory.FullName;
        throw new DirectoryNotFoundException($"No Rembg.Platform.slnx in or above {AppContext.BaseDirectory}.");
    }
}
