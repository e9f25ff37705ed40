namespace Gateway.Storage;

/// <summary>
/// Whether the database works, for readiness and metrics. Those who report retry until they succeed (the ledger's writer) or come round
/// twice a second (the key poller), so a failure never outlives its cause.
/// </summary>
internal sealed class StoreHealth
{
    private volatile string? _readFailure;
    private volatile string? _writeFailure;

    public bool IsHealthy => LastFailure is null;

    /// <summary>What is wrong now, for the log and operators; null while all is well. The failure's kind only, never its text, which may name internals.</summary>
    public string? LastFailure => _writeFailure ?? _readFailure;

    public void Succeeded(StorePart part) => Set(part, null);

    public void Failed(StorePart part, Exception failure) => Set(part, $"{part}: {failure.GetType().Name}");

    private void Set(StorePart part, string? failure)
    {
        if (part == StorePart.Writes)
        {
            _writeFailure = failure;
        }
        else
        {
            _readFailure = failure;
        }
    }
}
