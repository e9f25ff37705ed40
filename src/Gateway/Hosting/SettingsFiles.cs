using System.Security.Cryptography;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway.Hosting;

/// <summary>
/// The files that settings come from, and the price file that they name, read again on demand: with the same environment variables and switches over them, into a
/// configuration of its own.
/// </summary>
internal sealed class SettingsFiles(IConfigurationManager sources)
{
    private const string PriceFile = "Gateway:PriceFile";

    private readonly string[] _paths =
        [.. sources.Sources.OfType<JsonConfigurationSource>().Select(source => source.Path is { } path ? source.FileProvider?.GetFileInfo(path).PhysicalPath : null).OfType<string>()];

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>By the settings that were read last.</summary>
    private string? _prices = sources[PriceFile];

    /// <summary>Equal for equal contents; null where a file that was there can't be read, since it is being replaced or is gone. Not for use by two threads at once.</summary>
    public string? Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            foreach (var path in string.IsNullOrEmpty(_prices) ? _paths : [.. _paths, Path.GetFullPath(_prices)])
            {
                if (_seen.Contains(path) || File.Exists(path))
                {
                    hash.AppendData(File.ReadAllBytes(path));
                    _seen.Add(path);
                }
            }
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <exception cref="InvalidDataException">A file is not JSON.</exception>
    public IConfigurationRoot Read()
    {
        var builder = new ConfigurationBuilder();
        foreach (var source in sources.Sources)
        {
            builder.Add(source);
        }

        var read = builder.Build();
        _prices = read[PriceFile];
        return read;
    }
}
