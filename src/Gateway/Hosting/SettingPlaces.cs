using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace Gateway.Hosting;

/// <summary>Where a setting was said: in which file and line, in the environment, on the command line.</summary>
internal sealed class SettingPlaces(IConfigurationRoot configuration)
{
    private readonly string[] _paths = [.. configuration.AsEnumerable().Select(pair => pair.Key).OrderByDescending(path => path.Length)];

    /// <summary>The place of the setting that a line about settings begins with, or of the nearest section above it; null where no source of settings has it.</summary>
    public string? Of(string line)
    {
        string? path = Array.Find(_paths, path => line.Length > path.Length && line.StartsWith(path, StringComparison.OrdinalIgnoreCase) && line[path.Length] is ' ' or ':');
        return path is null ? null : configuration.Providers.Reverse().Where(source => Has(source, path)).Select(source => Place(source, path)).FirstOrDefault();
    }

    private static bool Has(IConfigurationProvider source, string path) => source.TryGet(path, out _) || source.GetChildKeys([], path).Any();

    private static string? Place(IConfigurationProvider source, string path) => source switch
    {
        FileConfigurationProvider { Source: { Path: { } name } file } => InFile(name, file.FileProvider?.GetFileInfo(name).PhysicalPath, path),
        EnvironmentVariablesConfigurationProvider => "environment",
        CommandLineConfigurationProvider => "command line",
        _ => null,
    };

    private static string InFile(string name, string? physical, string path)
    {
        try
        {
            return physical is not null && JsonLines.Find(File.ReadAllBytes(physical), path) is { } line ? $"{name}:{line}" : name;
        }
        catch (IOException)
        {
            // It was there when the settings were read.
            return name;
        }
    }
}
