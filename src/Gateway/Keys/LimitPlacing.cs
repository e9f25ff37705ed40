using Gateway.Quotas;

namespace Gateway.Keys;

/// <summary>A limit among all others.</summary>
internal sealed record LimitPlacing(LimitOwner Owner, LimitFigure Figure)
{
    /// <summary>A limit of 0 lets nothing through, so it is full.</summary>
    public double Share { get; } = Figure.Limit.Amount == 0 ? 1 : (double)Figure.Counted / Figure.Limit.Amount;

    public LimitPlace Place => new(Share, Figure.Limit.Id);
}
