using System.Buffers;

namespace Gateway.Prompts;

/// <summary>Numbers of cards and of telephones.</summary>
internal static class NumberFinder
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    public static void Find(ReadOnlySpan<char> text, bool cards, bool phones, List<TextSpan> found)
    {
        var at = 0;
        while (at < text.Length && text[at..].IndexOfAny(Digits) is var next and >= 0)
        {
            at += next;
            if (at > 0 && char.IsAsciiLetterOrDigit(text[at - 1]))
            {
                // Inside a word: "gpt4", a hash.
                at = Math.Max(at + 1, EndOfDigits(text, at));
                continue;
            }

            var run = new DigitRun(text, at);
            var before = found.Count;
            if (cards)
            {
                CardNumber.Find(in run, found);
            }

            if (phones && found.Count == before)
            {
                PhoneNumber.Find(text, in run, found);
            }

            at = Math.Max(run.End, at + 1);
        }
    }

    private static int EndOfDigits(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return at;
    }
}
