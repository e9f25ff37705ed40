namespace Gateway.OpenAi;

/// <summary>Patterns of model names: <c>*</c> stands for any run of characters, everything else for itself, case included.</summary>
internal static class NamePattern
{
    /// <summary>Linear in the name for each star, never exponential: a star remembers only its last start (the usual two-pointer glob match).</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
