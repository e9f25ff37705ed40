namespace Gateway.Storage;

/// <summary>Who makes a change.</summary>
/// <param name="Actor">By what right: <c>admin_key</c>, <c>console</c> (by the admin key), or <c>console:NAME</c> of whoever an OpenID provider signed in.</param>
/// <param name="Address">Where the change came from; null where it came from nowhere.</param>
internal sealed record ChangedBy(string Actor, string? Address);
