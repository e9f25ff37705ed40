using System.Buffers;

namespace Gateway.Prompts;

/// <summary>Credentials: keys of known vendors by their prefixes, bearer tokens, JWTs, private keys, and those that this gateway holds itself, in whatever form.</summary>
internal sealed class SecretFinder
{
    private const string Bearer = "bearer";
    private const string Jwt = "eyJ";
    private const string Pem = "-----BEGIN ";
    private const string PemEnd = "-----END ";
    private const string Dashes = "-----";

    /// <summary>A shorter value is a placeholder such as <c>none</c>, and would maim ordinary words.</summary>
    private const int ShortestKnown = 8;
    private const int ShortestBearer = 8;
    private const int ShortestJwtHead = 10;

    private static readonly SearchValues<string> Beginnings = SearchValues.Create([.. SecretForm.All.Select(form => form.Prefix), Bearer, Jwt, Pem], StringComparison.OrdinalIgnoreCase);

    private readonly string[] _known;

    /// <param name="known">The gateway's own credentials and those of its providers.</param>
    public SecretFinder(IEnumerable<string> known) =>
        _known = [.. known.Where(secret => secret.Length >= ShortestKnown).Distinct(StringComparer.Ordinal)];

    /// <summary>A quick look, which allocates nothing: false means that there is none.</summary>
    public bool MayHold(ReadOnlySpan<char> text)
    {
        if (text.ContainsAny(Beginnings))
        {
            return true;
        }

        foreach (var secret in _known)
        {
            if (text.Contains(secret, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds credentials that look like one.</summary>
    public static void FindForms(ReadOnlySpan<char> text, List<TextSpan> found)
    {
        var at = 0;
        while (at < text.Length && text[at..].IndexOfAny(Beginnings) is var next and >= 0)
        {
            at += next;
            var end = at > 0 && char.IsAsciiLetterOrDigit(text[at - 1]) ? 0 : EndOf(text, at);
            if (end > 0)
            {
                found.Add(new TextSpan(at, end, RedactionKind.Secret));
            }

            at = Math.Max(at + 1, end);
        }
    }

    /// <summary>Finds the gateway's own.</summary>
    public void FindKnown(ReadOnlySpan<char> text, List<TextSpan> found)
    {
        foreach (var secret in _known)
        {
            var at = 0;
            while (text[at..].IndexOf(secret, StringComparison.Ordinal) is var next and >= 0)
            {
                at += next;
                found.Add(new TextSpan(at, at + secret.Length, RedactionKind.Secret));
                at += secret.Length;
            }
        }
    }

    private static int EndOf(ReadOnlySpan<char> text, int start)
    {
        var rest = text[start..];
        if (rest.StartsWith(Jwt, StringComparison.Ordinal))
        {
            return EndOfJwt(text, start);
        }

        if (rest.StartsWith(Pem, StringComparison.Ordinal))
        {
            return EndOfPem(text, start);
        }

        if (rest.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return EndOfBearer(text, start + Bearer.Length);
        }

        foreach (var form in SecretForm.All)
        {
            if (rest.StartsWith(form.Prefix, StringComparison.Ordinal))
            {
                var end = EndOfToken(text, start + form.Prefix.Length, more: form.Prefix.EndsWith('.') ? "." : "");
                return end - start - form.Prefix.Length >= form.LeastMore ? end : 0;
            }
        }

        return 0;
    }

    private static int EndOfJwt(ReadOnlySpan<char> text, int start)
    {
        var head = EndOfToken(text, start, "");
        var whole = EndOfToken(text, start, ".");
        return head - start >= ShortestJwtHead && whole > head + 1 ? whole : 0;
    }

    private static int EndOfPem(ReadOnlySpan<char> text, int start)
    {
        var line = text[(start + Pem.Length)..];
        var title = line.IndexOf(Dashes, StringComparison.Ordinal);
        if (title is < 0 or > 64 || !line[..title].EndsWith("PRIVATE KEY", StringComparison.Ordinal))
        {
            return 0;
        }

        var end = text[start..].IndexOf(PemEnd, StringComparison.Ordinal);
        if (end < 0)
        {
            // Its end was cut off: all that follows is the key.
            return text.Length;
        }

        var after = start + end + PemEnd.Length;
        var close = text[after..].IndexOf(Dashes, StringComparison.Ordinal);
        return close is < 0 or > 64 ? after : after + close + Dashes.Length;
    }

    /// <summary>What follows the word is a token where it is long or has a digit: "bearer authentication" is prose.</summary>
    private static int EndOfBearer(ReadOnlySpan<char> text, int at)
    {
        var start = at;
        while (start < text.Length && start - at < 4 && text[start] is ' ' or ':' or '\t' or '=')
        {
            start++;
        }

        var end = EndOfToken(text, start, ".~+/=");
        var token = text[start..end];
        return start > at && token.Length >= ShortestBearer && (token.ContainsAnyInRange('0', '9') || token.Length >= 24) ? end : 0;
    }

    private static int EndOfToken(ReadOnlySpan<char> text, int start, string more)
    {
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '-' || more.Contains(text[end], StringComparison.Ordinal)))
        {
            end++;
        }

        // A full stop behind it is the sentence's.
        while (end > start && text[end - 1] == '.')
        {
            end--;
        }

        return end;
    }
}
