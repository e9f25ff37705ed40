namespace Gateway.Ledger;

/// <summary>A row's groups, as what tells it from others and puts it in order.</summary>
internal sealed class UsageRowKey(string[] values) : IEquatable<UsageRowKey>, IComparable<UsageRowKey>
{
    private readonly string[] _values = values;

    public IReadOnlyList<string> Values => _values;

    public bool Equals(UsageRowKey? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    public override bool Equals(object? obj) => Equals(obj as UsageRowKey);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var value in _values)
        {
            hash.Add(value, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    public int CompareTo(UsageRowKey? other)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            if (string.CompareOrdinal(_values[i], other?._values[i]) is var order and not 0)
            {
                return order;
            }
        }

        return 0;
    }
}
