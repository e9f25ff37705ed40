using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gateway.Prompts;

/// <summary>
/// Takes out of a text what must not be kept. The text is looked at as it is written and as it is meant: JSON's escapes undone, and those of JSON inside
/// JSON's strings (a tool call's arguments), so that <c>\u0040</c> hides no address. Not bound to a thread; what it finds with is read-only.
/// </summary>
internal sealed class Redactor
{
    /// <summary>A tool call's arguments inside a request inside an argument: deeper is nobody's text.</summary>
    private const int MaxDepth = 4;

    private readonly bool _email;
    private readonly bool _phone;
    private readonly bool _card;
    private readonly bool _iban;
    private readonly bool _secret;
    private readonly SecretFinder _secrets;
    private readonly IReadOnlyList<(string Name, Regex Pattern)> _patterns;

    /// <param name="options">What is to be found.</param>
    /// <param name="known">Credentials that the gateway holds itself: always taken out, whatever the options say.</param>
    public Redactor(PromptLogOptions options, IEnumerable<string> known)
    {
        var kinds = (options.Redact ?? RedactionKind.All).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _email = kinds.Contains(RedactionKind.Email);
        _phone = kinds.Contains(RedactionKind.Phone);
        _card = kinds.Contains(RedactionKind.Card);
        _iban = kinds.Contains(RedactionKind.Iban);
        _secret = kinds.Contains(RedactionKind.Secret);
        _secrets = new SecretFinder(known);
        _patterns = [.. options.RedactPatterns.Select(pattern => (pattern.Key, PromptLogCheck.Compile(pattern.Value)))];
    }

    /// <summary>The whole text redacted; the very same where there is nothing to take out.</summary>
    public string Redact(string text)
    {
        var found = new List<TextSpan>();
        Find(text, found);
        if (found.Count == 0)
        {
            return text;
        }

        var redacted = new ArrayBufferWriter<char>(text.Length + 64);
        Write(text, found, text.Length, redacted);
        return redacted.WrittenSpan.ToString();
    }

    /// <summary>A name that a caller chose, such as a user's, without credentials in it: an address is a name, a key is none.</summary>
    [return: NotNullIfNotNull(nameof(name))]
    public string? WithoutSecrets(string? name)
    {
        if (name is null || !_secrets.MayHold(name))
        {
            return name;
        }

        var found = new List<TextSpan>();
        SecretFinder.FindForms(name, found);
        _secrets.FindKnown(name, found);
        if (found.Count == 0)
        {
            return name;
        }

        Merge(found);
        var redacted = new ArrayBufferWriter<char>(name.Length + 16);
        Write(name, found, name.Length, redacted);
        return redacted.WrittenSpan.ToString();
    }

    /// <summary>The places to take out, in order and apart.</summary>
    public void Find(ReadOnlySpan<char> text, List<TextSpan> found)
    {
        found.Clear();
        Find(text, found, MaxDepth);
        Merge(found);
    }

    /// <summary>Writes the text with a name in each place's stead, up to the given character of it: what is found reaches beyond that character, what is written does not.</summary>
    public static void Write(ReadOnlySpan<char> text, List<TextSpan> found, int upTo, IBufferWriter<char> output)
    {
        var at = 0;
        foreach (var span in found)
        {
            if (span.Start >= upTo)
            {
                break;
            }

            output.Write(text[at..span.Start]);
            output.Write("[redacted:");
            output.Write(span.Kind);
            output.Write("]");
            at = span.End;
        }

        if (at < upTo)
        {
            output.Write(text[at..upTo]);
        }
    }

    private void Find(ReadOnlySpan<char> text, List<TextSpan> found, int depth)
    {
        var first = found.Count;
        FindAsWritten(text, found);
        // A place that begins behind a backslash begins in the middle of an escape.
        for (var i = first; i < found.Count; i++)
        {
            if (found[i].Start > 0 && text[found[i].Start - 1] == '\\')
            {
                found[i] = found[i] with { Start = found[i].Start - 1 };
            }
        }

        if (depth == 0 || EscapedText.Undo(text) is not { } meant)
        {
            return;
        }

        using (meant)
        {
            first = found.Count;
            Find(meant.Text, found, depth - 1);
            for (var i = first; i < found.Count; i++)
            {
                found[i] = meant.Locate(found[i]);
            }
        }
    }

    private void FindAsWritten(ReadOnlySpan<char> text, List<TextSpan> found)
    {
        if (_secret)
        {
            SecretFinder.FindForms(text, found);
        }

        _secrets.FindKnown(text, found);
        if (_email)
        {
            EmailFinder.Find(text, found);
        }

        if (_iban)
        {
            IbanFinder.Find(text, found);
        }

        if (_card || _phone)
        {
            NumberFinder.Find(text, _card, _phone, found);
        }

        foreach (var (name, pattern) in _patterns)
        {
            foreach (var match in pattern.EnumerateMatches(text))
            {
                if (match.Length > 0)
                {
                    found.Add(new TextSpan(match.Index, match.Index + match.Length, name));
                }
            }
        }
    }

    private static void Merge(List<TextSpan> found)
    {
        if (found.Count < 2)
        {
            return;
        }

        found.Sort(static (one, other) => one.Start != other.Start ? one.Start.CompareTo(other.Start) : other.End.CompareTo(one.End));
        var kept = 0;
        for (var i = 1; i < found.Count; i++)
        {
            if (found[i].Start < found[kept].End)
            {
                found[kept] = found[kept] with { End = Math.Max(found[kept].End, found[i].End) };
            }
            else
            {
                found[++kept] = found[i];
            }
        }

        found.RemoveRange(kept + 1, found.Count - kept - 1);
    }
}
