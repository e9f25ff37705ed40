namespace Gateway.Prompts;

/// <summary>Groups of digits with a separator between them, as numbers are written for people: <c>+49 (171) 123-4567</c>.</summary>
internal ref struct DigitRun
{
    /// <summary>More groups than any number has.</summary>
    private const int MaxGroups = 24;

    private readonly ReadOnlySpan<char> _text;
    private Places _starts;
    private Places _ends;

    /// <param name="text">The text.</param>
    /// <param name="first">The place of the first digit.</param>
    public DigitRun(ReadOnlySpan<char> text, int first)
    {
        _text = text;
        var at = first;
        while (Count < MaxGroups)
        {
            _starts[Count] = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            _ends[Count++] = at;
            if (at < text.Length && char.IsAsciiLetter(text[at]))
            {
                // A digit that a letter follows is a part of something else: an id, a hash, a measure.
                Count--;
                break;
            }

            var gap = GapAt(at);
            if (gap == 0)
            {
                break;
            }

            at += gap;
        }

        End = at;
    }

    public int Count { get; private set; }

    /// <summary>Where reading may go on.</summary>
    public int End { get; }

    public readonly int Start(int group) => _starts[group];

    public readonly int EndOf(int group) => _ends[group];

    public readonly int Length(int group) => _ends[group] - _starts[group];

    public readonly ReadOnlySpan<char> Digits(int group) => _text[_starts[group].._ends[group]];

    /// <summary>What stands between a group and the next.</summary>
    public readonly ReadOnlySpan<char> GapAfter(int group) => _text[_ends[group].._starts[group + 1]];

    /// <summary>How many digits the groups up to and with the last have together.</summary>
    public readonly int Digits(int first, int last)
    {
        var sum = 0;
        for (var group = first; group <= last; group++)
        {
            sum += Length(group);
        }

        return sum;
    }

    /// <summary>The length of a separator that digits follow: one sign, or a bracket with a blank or a dash beside it.</summary>
    private readonly int GapAt(int at)
    {
        for (var length = 1; length <= 3 && at + length < _text.Length; length++)
        {
            var sign = _text[at + length - 1];
            if (!IsSeparator(sign) || (length > 1 && !_text.Slice(at, length).ContainsAny('(', ')')))
            {
                return 0;
            }

            if (char.IsAsciiDigit(_text[at + length]))
            {
                return length;
            }

            if (sign is not ('(' or ')') && _text[at + length] is not '(')
            {
                return 0;
            }
        }

        return 0;
    }

    private static bool IsSeparator(char c) => c is ' ' or '-' or '.' or '/' or '(' or ')' or '\u00a0' or '\u2009' or '\u202f' or '\u2010' or '\u2011' or '\u2013';

    [System.Runtime.CompilerServices.InlineArray(MaxGroups)]
    private struct Places
    {
        private int _first;
    }
}
