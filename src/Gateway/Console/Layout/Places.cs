using MudBlazor;

namespace Gateway.Console.Layout;

/// <summary>The pages that can be gone to from everywhere.</summary>
internal static class Places
{
    public static readonly IReadOnlyList<Place> All =
    [
        new("Home", "/", "h", Icons.Material.Outlined.Home) { InBar = true },
        new("Keys", "/console/keys", "k", Icons.Material.Outlined.VpnKey) { InBar = true },
        new("Teams", "/console/teams", "t", Icons.Material.Outlined.Groups),
        new("Usage", "/console/usage", "u", Icons.Material.Outlined.BarChart),
        new("Requests", "/console/requests", "r", Icons.Material.Outlined.ListAlt) { InBar = true },
        new("Models", "/console/models", "m", Icons.Material.Outlined.Dns),
        new("Playground", "/console/playground", "p", Icons.Material.Outlined.Forum) { InBar = true, Short = "Play" },
        new("Audit", "/console/audit", "a", Icons.Material.Outlined.History),
    ];
}
