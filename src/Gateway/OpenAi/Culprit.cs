namespace Gateway.OpenAi;

/// <summary>Who is to blame for a refused or failed call: decides the ledger's column, the metric's tag and whether another attempt may help.</summary>
internal enum Culprit
{
    Client,
    Gateway,
    Upstream,
}
