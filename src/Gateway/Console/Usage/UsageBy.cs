namespace Gateway.Console.Usage;

/// <summary>Whose usage it is.</summary>
public enum UsageBy
{
    Model,
    Key,
    Team,
    Provider,
    User,
}
