namespace Gateway.Keys;

/// <summary>What an import did, or would do.</summary>
internal sealed record ImportResult(int NewTeams, int SameTeams, int NewKeys, int SameKeys);
