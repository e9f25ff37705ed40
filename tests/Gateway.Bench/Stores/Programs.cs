namespace Gateway.Bench.Stores;

/// <summary>Where a program of the system is.</summary>
internal static class Programs
{
    /// <summary>On the path, or where distributions keep what is not; null where it is not installed.</summary>
    public static string? Find(string name, params IReadOnlyList<string> folders) =>
        folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
