namespace Gateway.Quotas;

/// <summary>Asks the counters how limits stand, in the order given. Null where they can't be asked now.</summary>
/// <param name="tag">Where the counters are: <see cref="QuotaShard.TagOf"/>, or the id of a team for its own.</param>
/// <param name="limits">Limits of one key or one team.</param>
/// <param name="cancel">Ends the wait.</param>
internal delegate ValueTask<IReadOnlyList<LimitFigure>?> LimitReader(string tag, IReadOnlyList<Limit> limits, CancellationToken cancel);
