using System.Diagnostics.CodeAnalysis;
using Gateway.Keys;
using Gateway.Quotas;

namespace Gateway.Admin;

/// <summary>A limit in the list of the fullest, with whose it is.</summary>
public sealed record NearLimitView : LimitView
{
    [SetsRequiredMembers]
    internal NearLimitView(LimitView limit, double share, string? keyId, string? teamId, string name)
        : base(limit)
    {
        (Share, Scope, KeyId, TeamId, Name) = (share, keyId is null ? "team" : "key", keyId, teamId, name);
    }

    /// <summary>How much of it is used or reserved; 1 for all of it.</summary>
    public double Share { get; }

    /// <summary>Whose it is: <c>key</c> or <c>team</c>.</summary>
    public string Scope { get; }

    /// <summary>The key; null for a team's limit.</summary>
    public string? KeyId { get; }

    /// <summary>The team; for a key's limit the key's, null where it has none.</summary>
    public string? TeamId { get; }

    /// <summary>The key's or the team's name.</summary>
    public string Name { get; }

    internal static NearLimitView Of(LimitPlacing placing) =>
        new(LimitView.Of(placing.Figure.Limit, placing.Figure), placing.Share, placing.Owner.KeyId, placing.Owner.TeamId, placing.Owner.Name);
}
