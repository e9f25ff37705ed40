namespace Gateway.Providers;

/// <summary>How a call to a target failed.</summary>
/// <param name="Time">When.</param>
/// <param name="Message">For the admin: a status or a kind of failure, nothing of what the provider wrote.</param>
/// <param name="IsCredential">Whether the provider refused the gateway's credential.</param>
/// <param name="IsAbsence">Whether nobody was there to answer: then one who is there again is news, which it is not of one who answered with an error.</param>
internal sealed record TargetFailure(DateTimeOffset Time, string Message, bool IsCredential = false, bool IsAbsence = false);
