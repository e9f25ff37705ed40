namespace Gateway.Proxy;

/// <summary>What several attempts come to: one answer, one charge. Most calls have one attempt and none of this.</summary>
internal sealed class AttemptsSoFar
{
    private UpstreamAnswer? _ownError;
    private UpstreamAnswer? _unanswered;
    private TimeSpan _upstreamTime;
    private bool _wasSent;

    public void Add(UpstreamAnswer answer)
    {
        _upstreamTime += answer.UpstreamTime;
        _wasSent |= answer.Sent;
        _ownError = answer.ErrorBody is null ? _ownError : answer;
        if (answer is { Sent: true, Status: null })
        {
            _unanswered ??= answer;
        }
    }

    /// <summary>
    /// The last attempt decides; where it brought no answer at all, the last error that a provider put into words is worth more to the caller than
    /// that nobody was there. Where nobody served it, a target that was sent the call and kept silent may have worked on it, and is charged for.
    /// </summary>
    public UpstreamAnswer End(UpstreamAnswer last)
    {
        Add(last);
        var shown = last is { IsTargetsFailure: true, ErrorBody: null, Status: null or (>= 300 and < 600) } && _ownError is { } own ? own : last;
        return shown with
        {
            Sent = _wasSent,
            UpstreamTime = _upstreamTime,
            Unanswered = shown.Status is >= 200 and < 300 ? null : _unanswered?.Target,
        };
    }
}
