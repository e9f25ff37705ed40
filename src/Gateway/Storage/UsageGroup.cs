namespace Gateway.Storage;

/// <summary>What usage is summed by; an empty text stands for none, since a primary key holds no nulls.</summary>
internal readonly record struct UsageGroup(long Bucket, string KeyId, string TeamId, string Model, string Provider)
{
    /// <summary>The order in which every process writes them: two that wrote the same sums in different orders would wait for each other.</summary>
    public static readonly Comparer<UsageGroup> Order = Comparer<UsageGroup>.Create(Compare);

    private static int Compare(UsageGroup one, UsageGroup other) =>
        one.Bucket.CompareTo(other.Bucket) is var bucket and not 0 ? bucket
        : string.CompareOrdinal(one.KeyId, other.KeyId) is var key and not 0 ? key
        : string.CompareOrdinal(one.TeamId, other.TeamId) is var team and not 0 ? team
        : string.CompareOrdinal(one.Model, other.Model) is var model and not 0 ? model
        : string.CompareOrdinal(one.Provider, other.Provider);
}
