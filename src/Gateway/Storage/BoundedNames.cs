namespace Gateway.Storage;

/// <summary>
/// Names that callers choose, as far as sums are kept by them: so many of a key and day, the rest together as <see cref="Others"/>. Without a bound
/// a caller with a new name for each call would make the sums as long as the ledger.
/// </summary>
/// <remarks>Forgotten at the end of the UTC day and of the process, so a process that starts anew begins to count anew.</remarks>
internal sealed class BoundedNames(int perKey, int total)
{
    public const string Others = "(others)";

    private const long Day = 86_400_000;

    private readonly Dictionary<string, HashSet<string>> _keys = new(StringComparer.Ordinal);
    private int _count;
    private long _day;

    /// <param name="key">Whose name it is.</param>
    /// <param name="name">The name; null or empty for none.</param>
    /// <param name="time">When it was used, Unix milliseconds.</param>
    /// <param name="mayAdd">Whether a name not seen before may get sums of its own.</param>
    public string Of(string key, string? name, long time, bool mayAdd)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "";
        }

        if (time / Day > _day)
        {
            _day = time / Day;
            _keys.Clear();
            _count = 0;
        }

        var isKnown = _keys.TryGetValue(key, out var names) && names.Contains(name);
        return isKnown || (mayAdd && TryAdd(key, names, name)) ? name : Others;
    }

    private bool TryAdd(string key, HashSet<string>? names, string name)
    {
        if (_count >= total || names?.Count >= perKey)
        {
            return false;
        }

        if (names is null)
        {
            _keys[key] = names = new HashSet<string>(StringComparer.Ordinal);
        }

        names.Add(name);
        _count++;
        return true;
    }
}
