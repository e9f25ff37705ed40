namespace Gateway.Console.Layout;

/// <summary>A page in the navigation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its path.</param>
/// <param name="Key">The letter after <c>g</c>.</param>
/// <param name="Icon">Its sign.</param>
internal sealed record Place(string Name, string Address, string Key, string Icon)
{
    /// <summary>Whether it is in the bar at the foot of narrow screens.</summary>
    public bool InBar { get; init; }

    /// <summary>Its name there.</summary>
    public string Short { get; init; } = Name;
}
