using System.Runtime.CompilerServices;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>Files of the repository that are shipped beside the gateway.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(here);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The repository is not where it was compiled.");
    }
}
