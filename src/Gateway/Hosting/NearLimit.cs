using Gateway.Quotas;

namespace Gateway.Hosting;

/// <summary>A limit that is nearly, or wholly, used up in its present window.</summary>
/// <param name="OwnerId">The key's or the team's id.</param>
/// <param name="OwnerName">What it is called.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Counted">Spent and reserved, in the limit's own unit.</param>
/// <param name="Held">What of that running calls hold, of which they may give back the most.</param>
internal sealed record NearLimit(string OwnerId, string OwnerName, Limit Limit, long Counted, long Held)
{
    /// <summary>What was spent for good.</summary>
    public long Spent => Math.Max(0, Counted - Held);

    /// <summary>A limit of nothing is used up from the first.</summary>
    public double Share => Limit.Amount == 0 ? 1 : (double)Counted / Limit.Amount;
}
