namespace Gateway.Quotas;

/// <summary>The window a limit holds in.</summary>
internal enum LimitPeriod
{
    /// <summary>No window: how much is running at once.</summary>
    None,
    Minute,
    Hour,
    Day,
    Month,
    Total,
}
