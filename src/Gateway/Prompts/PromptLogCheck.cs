using System.Text.RegularExpressions;

namespace Gateway.Prompts;

/// <summary>What settings of the prompt log must be beyond each one's own bounds. Every fault is one line that names the setting and says what is accepted.</summary>
internal static partial class PromptLogCheck
{
    private const int MaxPatterns = 32;
    private const int MaxPatternLength = 2048;

    public static IEnumerable<string> Faults(PromptLogOptions options)
    {
        foreach (var kind in options.Redact ?? [])
        {
            var isNone = options.Redact is [var only] && only.Equals(RedactionKind.None, StringComparison.OrdinalIgnoreCase);
            if (!isNone && !RedactionKind.All.Contains(kind, StringComparer.OrdinalIgnoreCase))
            {
                yield return $"Gateway:PromptLog:Redact: \"{kind}\" is not known; accepted are {string.Join(", ", RedactionKind.All)}, or {RedactionKind.None} alone. Patterns of your own go to Gateway:PromptLog:RedactPatterns.";
            }
        }

        if (options.RedactPatterns.Count > MaxPatterns)
        {
            yield return $"Gateway:PromptLog:RedactPatterns: at most {MaxPatterns} patterns are accepted.";
        }

        foreach (var (name, pattern) in options.RedactPatterns)
        {
            if (!Name().IsMatch(name))
            {
                yield return $"Gateway:PromptLog:RedactPatterns:{name}: a name of 1 to 32 letters, digits, dashes and underscores is accepted.";
            }
            else if (pattern.Length > MaxPatternLength || !IsUsable(pattern))
            {
                yield return $"Gateway:PromptLog:RedactPatterns:{name}: a regular expression of .NET is accepted, of at most {MaxPatternLength} characters, without look-around, back-references and atomic groups.";
            }
        }
    }

    /// <summary>How an operator's pattern is run: in time that grows with the text and not with the pattern's tricks.</summary>
    public static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static bool IsUsable(string pattern)
    {
        try
        {
            Compile(pattern);
            return true;
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,32}\z")]
    private static partial Regex Name();
}
