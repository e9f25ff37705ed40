namespace Gateway.Quotas;

/// <summary>Limits with their figures, for those who look at them.</summary>
internal sealed class LimitFigures(LimitReader read)
{
    /// <summary>One view a limit, in the order given. Counters that are away leave the figures out and fail nothing.</summary>
    public async ValueTask<IReadOnlyList<LimitView>> ShowAsync(string tag, IReadOnlyList<Limit> limits, CancellationToken cancel)
    {
        var figures = await ReadAsync(tag, limits, cancel);
        return [.. limits.Select((limit, i) => LimitView.Of(limit, figures?[i]))];
    }

    /// <summary>The bare figures, in the order given; null while the counters are away.</summary>
    public ValueTask<IReadOnlyList<LimitFigure>?> ReadAsync(string tag, IReadOnlyList<Limit> limits, CancellationToken cancel) =>
        limits.Count == 0 ? new([]) : read(tag, limits, cancel);
}
