namespace Gateway.Bench.Load;

/// <summary>One load: the same call again and again by a number of callers, each on a connection of its own.</summary>
/// <param name="Ports">Where on loopback; the callers are spread over several.</param>
/// <param name="Headers">The candidate's own header lines, each ended by CRLF.</param>
/// <param name="Body">The call's body.</param>
/// <param name="Callers">How many callers.</param>
/// <param name="Seconds">When the last call begins; calls under way are finished.</param>
/// <param name="RampMilliseconds">Over what time the callers begin, so that slow streams do not all send in the same instant.</param>
/// <param name="EventsPerAnswer">How many stamped events an answer must hold; 0 for plain calls.</param>
/// <param name="CallsPerSecond">How many calls begin in a second, of all callers together; 0 for as many as there is time for.</param>
internal sealed record LoadJob(
    IReadOnlyList<int> Ports,
    string Headers,
    string Body,
    int Callers,
    double Seconds,
    int RampMilliseconds,
    int EventsPerAnswer,
    double CallsPerSecond = 0);
