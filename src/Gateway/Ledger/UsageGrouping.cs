namespace Gateway.Ledger;

/// <summary>What usage may be grouped by. In the API in lower case.</summary>
internal enum UsageGrouping
{
    Key,
    Team,
    Model,
    Provider,
    User,
    Day,
    Hour,
}
