namespace Gateway.Providers;

/// <summary>A target's pause.</summary>
/// <param name="Until">Its end, as a <see cref="TimeProvider"/> timestamp.</param>
/// <param name="AskedFor">Whether the provider itself named the time. Such a pause is kept; one of our own making gives way where nothing else is left.</param>
/// <param name="OnTrial">Whether the pause is over and one call is under way to see how the target is.</param>
internal sealed record CoolDown(long Until, bool AskedFor, bool OnTrial = false);
