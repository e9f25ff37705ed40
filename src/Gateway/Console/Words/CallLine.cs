using Gateway.Ledger;

namespace Gateway.Console.Words;

/// <summary>A call as a row of a table.</summary>
public sealed class CallLine
{
    private CallLine(LedgerEntry entry, string? keyName) => (Entry, KeyName) = (entry, keyName);

    internal LedgerEntry Entry { get; }

    /// <summary>The key's name; null where it is not known or not worth showing.</summary>
    internal string? KeyName { get; }

    internal static IReadOnlyList<CallLine> Of(IEnumerable<LedgerEntry> entries, IReadOnlyDictionary<string, string>? names) =>
        [.. entries.Select(entry => new CallLine(entry, entry.KeyId is { } key ? names?.GetValueOrDefault(key.Value) ?? key.Value : null))];
}
