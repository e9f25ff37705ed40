namespace Gateway.Providers;

/// <summary>How one of a model's well targets is chosen: the words of <c>Gateway:Models:N:Balance</c>.</summary>
internal enum Balance
{
    /// <summary>In proportion to the weights.</summary>
    Weight,

    /// <summary>The one with the fewest calls under way for its weight.</summary>
    LeastInFlight,

    /// <summary>The same one for the same session or key, so that the provider's prompt cache is of use.</summary>
    Affinity,
}
