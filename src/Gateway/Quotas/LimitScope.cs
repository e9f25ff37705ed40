namespace Gateway.Quotas;

/// <summary>Whose limit it is.</summary>
internal enum LimitScope
{
    Key,
    Team,
}
