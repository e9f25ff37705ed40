using System.Runtime.CompilerServices;

namespace Gateway.UnitTests.Architecture;

/// <summary>The product's own source files, found from where this file was compiled.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<(string Room, string Path, string[] Lines)> Files() =>
        Files("*.cs");

    /// <summary>The console's components, which know rooms like any class.</summary>
    public static IEnumerable<(string Room, string Path, string[] Lines)> Components() => Files("*.razor");

    private static IEnumerable<(string Room, string Path, string[] Lines)> Files(string pattern) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, "src", "Gateway"), pattern, SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Path.Combine(Root, "src", "Gateway"), path)
        let parts = relative.Split(Path.DirectorySeparatorChar)
        where parts[0] is not ("bin" or "obj") && !parts.Contains("Migrations")
        select (parts.Length > 1 ? parts[0] : "", relative, File.ReadAllLines(path));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The solution was not found above the test's source.");
    }
}
