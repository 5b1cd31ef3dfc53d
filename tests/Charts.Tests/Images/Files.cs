namespace Rembg.Charts.Tests.Images;

/// <summary>Copies as COPY does: folders on the way are made, what is there is replaced.</summary>
internal static class Files
{
    public static void CopyFolder(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)) Copy(file, Path.Combine(target, Path.GetRelativePath(source, file)));
    }

    public static void Copy(string source, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(source, target, overwrite: true);
    }
}
