namespace Gateway.Providers;

/// <summary>Values of headers and parameters in which <c>{key}</c> stands for the credential.</summary>
internal static class KeyTemplate
{
    public const string Placeholder = "{key}";

    public static bool HoldsKey(string template) => template.Contains(Placeholder, StringComparison.Ordinal);

    public static string Fill(string template, string key) => template.Replace(Placeholder, key, StringComparison.Ordinal);
}
