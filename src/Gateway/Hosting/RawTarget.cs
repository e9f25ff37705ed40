using System.Buffers;

namespace Gateway.Hosting;

/// <summary>
/// Judges a request's target as it stood on the wire. Kestrel decodes a path and resolves its dots before anyone sees it
/// (<c>/v1/%2e%2e/admin</c> arrives as <c>/admin</c>), so a front proxy's rules for paths would have judged another one.
/// </summary>
internal static class RawTarget
{
    private const string ControlCharacter = "The path has a control character.";

    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x21).Select(code => (char)code), '\x7F']);

    /// <summary>What has to be looked at twice in a path.</summary>
    private static readonly SearchValues<char> Suspects = SearchValues.Create(
        [.. Enumerable.Range(0, 0x21).Select(code => (char)code), '\x7F', '%', '\\', '.']);

    /// <summary>What is wrong with the target, said to the caller; null where nothing is.</summary>
    public static string? FindFault(ReadOnlySpan<char> target)
    {
        var path = PathOf(target, out var query);
        if (query.ContainsAny(Controls))
        {
            return "The query has a control character.";
        }

        if (path.Contains("//", StringComparison.Ordinal))
        {
            return "The path has an empty segment ('//').";
        }

        return path.ContainsAny(Suspects) ? FindPathFault(path) : null;
    }

    /// <summary>The path of the target in any of its forms: a path, a whole URL (whose host Kestrel has checked), or '*'.</summary>
    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target, out ReadOnlySpan<char> query)
    {
        var mark = target.IndexOf('?');
        query = mark < 0 ? default : target[mark..];
        var path = mark < 0 ? target : target[..mark];
        if (path.StartsWith('/'))
        {
            return path;
        }

        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return path;
        }

        var authority = path[(scheme + 3)..];
        var slash = authority.IndexOfAny('/', '\\');
        return slash < 0 ? default : authority[slash..];
    }

    private static string? FindPathFault(ReadOnlySpan<char> path)
    {
        if (path.ContainsAny(Controls))
        {
            return ControlCharacter;
        }

        if (path.Contains('\\'))
        {
            return "The path has a backslash.";
        }

        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            if (IsDots(segment))
            {
                return "The path has a dot segment ('.' or '..').";
            }

            if (FindEncodedFault(segment) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        var dots = 0;
        while (!segment.IsEmpty)
        {
            if (segment[0] == '.')
            {
                segment = segment[1..];
            }
            else if (segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase))
            {
                segment = segment[3..];
            }
            else
            {
                return false;
            }

            dots++;
        }

        return dots is 1 or 2;
    }

    private static string? FindEncodedFault(ReadOnlySpan<char> segment)
    {
        for (var percent = segment.IndexOf('%'); percent >= 0; percent = segment.IndexOf('%'))
        {
            segment = segment[(percent + 1)..];
            switch (segment)
            {
                case ['2', 'f' or 'F', ..]:
                    return "The path has an encoded slash.";
                case ['5', 'c' or 'C', ..]:
                    return "The path has an encoded backslash.";
                case ['0' or '1', _, ..] or ['7', 'f' or 'F', ..]:
                    return ControlCharacter;
            }
        }

        return null;
    }
}
