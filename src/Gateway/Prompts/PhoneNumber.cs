namespace Gateway.Prompts;

/// <summary>
/// Telephone numbers: international ones (<c>+</c> or <c>00</c>), North American ones in their groups of 3, 3 and 4, and national ones that begin with a 0.
/// Ten digits in a row with nothing before them are as likely an order or a time, and stay.
/// </summary>
internal static class PhoneNumber
{
    /// <summary>E.164: at most 15 digits. The shortest international numbers have 7.</summary>
    private const int Longest = 15;
    private const int Shortest = 7;

    public static void Find(ReadOnlySpan<char> text, ref readonly DigitRun run, List<TextSpan> found)
    {
        if (run.Count == 0)
        {
            return;
        }

        if (PlusBefore(text, run.Start(0)) is { } plus)
        {
            Add(in run, plus, 0, Shortest, Longest, found);
            return;
        }

        for (var group = 0; group < run.Count; group++)
        {
            var digits = run.Digits(group);
            if (digits.Length > 2 && digits.StartsWith("00") && digits[2] != '0')
            {
                Add(in run, run.Start(group), group, Shortest + 2, Longest + 2, found);
                return;
            }

            if (IsNorthAmerican(in run, group))
            {
                found.Add(new TextSpan(BracketBefore(text, run.Start(group)), run.EndOf(group + 2), RedactionKind.Phone));
                return;
            }
        }

        FindNational(text, in run, found);
    }

    private static void Add(ref readonly DigitRun run, int start, int first, int shortest, int longest, List<TextSpan> found)
    {
        var last = first;
        while (last + 1 < run.Count && run.Digits(first, last + 1) <= longest)
        {
            last++;
        }

        if (run.Digits(first, last) is var length && length >= shortest && length <= longest)
        {
            found.Add(new TextSpan(start, run.EndOf(last), RedactionKind.Phone));
        }
    }

    private static bool IsNorthAmerican(ref readonly DigitRun run, int group) =>
        group + 2 < run.Count && run.Length(group) == 3 && run.Length(group + 1) == 3 && run.Length(group + 2) == 4
        && run.Digits(group)[0] is >= '2' and <= '9' && run.Digits(group + 1)[0] is >= '2' and <= '9';

    private static void FindNational(ReadOnlySpan<char> text, ref readonly DigitRun run, List<TextSpan> found)
    {
        var digits = run.Digits(0);
        if (digits[0] != '0' || digits.Length < 2 || digits[1] == '0' || IsDate(in run))
        {
            return;
        }

        var last = 0;
        while (last + 1 < run.Count && last < 5 && run.Length(last + 1) >= 2 && run.Digits(0, last + 1) <= 12)
        {
            last++;
        }

        var length = run.Digits(0, last);
        if (last == 0 ? length is 10 or 11 : length is >= 9 and <= 12)
        {
            found.Add(new TextSpan(BracketBefore(text, run.Start(0)), run.EndOf(last), RedactionKind.Phone));
        }
    }

    private static bool IsDate(ref readonly DigitRun run) =>
        run.Count >= 3 && run.Length(0) == 2 && run.Length(1) == 2 && run.Length(2) == 4 && run.GapAfter(0).SequenceEqual(run.GapAfter(1));

    private static int? PlusBefore(ReadOnlySpan<char> text, int start)
    {
        var at = BracketBefore(text, start) - 1;
        if (at > 0 && text[at] == ' ')
        {
            at--;
        }

        return at >= 0 && text[at] == '+' ? at : null;
    }

    private static int BracketBefore(ReadOnlySpan<char> text, int start) => start > 0 && text[start - 1] == '(' ? start - 1 : start;
}
