using System.Globalization;

namespace Gateway.Ledger;

/// <summary>A place in the ledger, newest first: the last row of a page. Holds no row's id, so it stays good when that row is gone.</summary>
internal readonly record struct LedgerCursor(long Time, long Seq)
{
    public static LedgerCursor? Parse(string text)
    {
        var dash = text.LastIndexOf('-');
        return dash > 0
            && long.TryParse(text.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
            && long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
                ? new LedgerCursor(time, seq)
                : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time}-{Seq}");
}
