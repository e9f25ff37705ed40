using System.Text.RegularExpressions;
using Gateway.Providers;

namespace Gateway.Hosting;

/// <summary>A provider's credential that stands in an environment variable of another name: <c>"ApiKey": "env:MY_KEY"</c>.</summary>
internal static partial class CredentialVariable
{
    /// <summary>The setting's value, or the variable's where it names one that is set; else it stays, and the check of credentials tells.</summary>
    public static string? Resolve(IConfiguration configuration, string setting, string? value)
    {
        if (value is null || !KeySource.IsVariable(value) || !IsCredential().IsMatch(setting))
        {
            return value;
        }

        // Environment variables are part of the configuration, with a colon for each double underscore.
        string name = value[KeySource.VariablePrefix.Length..];
        string? found = VariableName().IsMatch(name) ? configuration[name.Replace("__", ":", StringComparison.Ordinal)]?.Trim() : null;
        return string.IsNullOrEmpty(found) ? value : found;
    }

    [GeneratedRegex(@"^Gateway:Providers:[^:]+:(ApiKey|ApiKeys:[0-9]+)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex IsCredential();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex VariableName();
}
