using System.Globalization;

namespace Gateway.Keys;

/// <summary>A place in the list of limits: the fullest first, of equals by their counters' ids.</summary>
internal readonly record struct LimitPlace(double Share, string Id) : IComparable<LimitPlace>
{
    public static LimitPlace? Parse(string text)
    {
        var separator = text.IndexOf('_', StringComparison.Ordinal);
        return separator > 0 && double.TryParse(text.AsSpan(0, separator), NumberStyles.Float, CultureInfo.InvariantCulture, out var share)
            ? new LimitPlace(share, text[(separator + 1)..])
            : null;
    }

    public int CompareTo(LimitPlace other) => other.Share.CompareTo(Share) is var byShare and not 0 ? byShare : string.CompareOrdinal(Id, other.Id);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Share:R}_{Id}");
}
