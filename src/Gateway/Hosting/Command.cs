using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>What the program can do beside starting: the first word of its arguments.</summary>
internal static class Command
{
    private static readonly IReadOnlyList<string> Words = [CheckCommand.Word, HealthCommand.Word];

    /// <summary>The command that the arguments ask for; null where they only say how to start.</summary>
    /// <exception cref="StartRefusedException">The first argument is neither a switch nor a command.</exception>
    public static string? Of(string[] args)
    {
        if (args is not [{ } first, ..] || first.StartsWith('-') || first.StartsWith('/') || first.Contains('=', StringComparison.Ordinal))
        {
            return null;
        }

        return Words.Contains(first, StringComparer.Ordinal)
            ? first
            : throw new StartRefusedException(SettingText.Printable($"{SettingText.Quote(first)} is no command: {string.Join(" and ", Words)} are accepted, or switches alone to start."), null);
    }
}
