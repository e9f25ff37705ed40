using System.Globalization;

namespace Gateway.Ledger;

/// <summary>A place in the list of feedback, newest first: the last row of a page.</summary>
internal readonly record struct FeedbackCursor(long Time, string RequestId)
{
    private const int MaxId = 64;

    public static FeedbackCursor? Parse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && text.Length - dash - 1 is > 0 and <= MaxId && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            ? new FeedbackCursor(time, text[(dash + 1)..])
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time}-{RequestId}");
}
