namespace Gateway.Prompts;

/// <summary>Payment cards: 13 to 19 digits, in groups or not, that begin as an issuer's do and whose Luhn sum is right.</summary>
internal static class CardNumber
{
    private const int Shortest = 13;
    private const int Longest = 19;

    public static void Find(ref readonly DigitRun run, List<TextSpan> found)
    {
        for (var first = 0; first < run.Count; first++)
        {
            for (var last = first; last < run.Count; last++)
            {
                var length = run.Digits(first, last);
                if (length > Longest)
                {
                    break;
                }

                if (length >= Shortest && IsCard(in run, first, last))
                {
                    found.Add(new TextSpan(run.Start(first), run.EndOf(last), RedactionKind.Card));
                    first = last;
                    break;
                }
            }
        }
    }

    private static bool IsCard(ref readonly DigitRun run, int first, int last)
    {
        Span<char> digits = stackalloc char[Longest];
        var length = 0;
        for (var group = first; group <= last; group++)
        {
            if (last > first && run.Length(group) < 2)
            {
                return false;
            }

            run.Digits(group).CopyTo(digits[length..]);
            length += run.Length(group);
        }

        return IsIssued(digits[..length]) && HasLuhnSum(digits[..length]);
    }

    /// <summary>What issuers' numbers begin with at each length. Without it one long number in ten would pass, times of a clock in milliseconds among them.</summary>
    private static bool IsIssued(ReadOnlySpan<char> digits) => digits.Length switch
    {
        13 => digits[0] == '4',
        14 => digits[0] == '3' && digits[1] is '0' or '6' or '8' or '9',
        15 => (digits[0] == '3' && digits[1] is '4' or '7') || digits.StartsWith("1800") || digits.StartsWith("2131"),
        _ => digits[0] is >= '2' and <= '6' or '8',
    };

    private static bool HasLuhnSum(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            var weighed = i % 2 == 1 ? digit * 2 : digit;
            sum += weighed > 9 ? weighed - 9 : weighed;
        }

        return sum % 10 == 0;
    }
}
