namespace Gateway.Storage;

/// <summary>Who makes a change.</summary>
/// <param name="Actor">By what right: <c>admin_key</c> or <c>console</c>.</param>
/// <param name="Address">Where the change came from; null where it came from nowhere.</param>
internal sealed record ChangedBy(string Actor, string? Address);
