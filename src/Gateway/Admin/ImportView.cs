using Gateway.Keys;

namespace Gateway.Admin;

/// <summary>What an import did, or would do.</summary>
public sealed record ImportView
{
    /// <summary>Whether it was only asked what would be done.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Teams that were made.</summary>
    public required int TeamsCreated { get; init; }

    /// <summary>Teams that were there already, the same.</summary>
    public required int TeamsUnchanged { get; init; }

    /// <summary>Keys that were made.</summary>
    public required int KeysCreated { get; init; }

    /// <summary>Keys that were there already, the same.</summary>
    public required int KeysUnchanged { get; init; }

    internal static ImportView Of(ImportResult result, bool isDry) => new()
    {
        DryRun = isDry,
        TeamsCreated = result.NewTeams,
        TeamsUnchanged = result.SameTeams,
        KeysCreated = result.NewKeys,
        KeysUnchanged = result.SameKeys,
    };
}
