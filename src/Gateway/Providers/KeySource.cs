using System.Text;

namespace Gateway.Providers;

/// <summary>Where a credential of the settings is: itself, <c>file:PATH</c>, or <c>env:NAME</c>, which is put in its place before settings are bound.</summary>
internal static class KeySource
{
    public const string FilePrefix = "file:";
    public const string VariablePrefix = "env:";

    /// <summary>Longer than any credential, tokens of identity providers included.</summary>
    private const int MaxFileBytes = 64 * 1024;

    public static bool IsFile(string setting) => setting.StartsWith(FilePrefix, StringComparison.Ordinal);

    public static bool IsVariable(string setting) => setting.StartsWith(VariablePrefix, StringComparison.Ordinal);

    /// <summary>The credential itself; null where its file can't be read or holds none.</summary>
    public static string? Read(string setting) => IsFile(setting) ? ReadFile(setting[FilePrefix.Length..]) : setting;

    /// <summary>What is wrong with a credential of the settings, as the end of a sentence that does not show it; null where nothing is.</summary>
    public static string? Fault(string setting)
    {
        if (IsVariable(setting))
        {
            return $"the environment variable '{setting[VariablePrefix.Length..]}' is not set";
        }

        if (IsFile(setting))
        {
            return ReadFile(setting[FilePrefix.Length..]) is null ? $"the file '{setting[FilePrefix.Length..]}' can't be read or holds no credential of visible ASCII characters" : null;
        }

        return IsCredential(setting) ? null : "visible ASCII characters without spaces are accepted; leave it out where there is no key";
    }

    private static string? ReadFile(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            var bytes = new byte[MaxFileBytes];
            int length = file.ReadAtLeast(bytes, MaxFileBytes, throwOnEndOfStream: false);
            string text = Encoding.UTF8.GetString(bytes, 0, length).Trim('\uFEFF', ' ', '\t', '\r', '\n');
            return IsCredential(text) ? text : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static bool IsCredential(string text) => text.Length > 0 && text.All(letter => letter is > ' ' and <= '~');
}
