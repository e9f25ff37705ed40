using Gateway.Storage;

namespace Gateway.Prompts;

/// <summary>A call whose content is asked for.</summary>
/// <param name="Id">The call's id.</param>
/// <param name="Time">When it arrived: the day that its content lies in.</param>
/// <param name="Ended">When it ended, from which on its content may come.</param>
internal readonly record struct EndedCall(RequestId Id, DateTimeOffset Time, DateTimeOffset Ended);
