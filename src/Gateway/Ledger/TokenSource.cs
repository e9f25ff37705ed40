namespace Gateway.Ledger;

/// <summary>Where a row's token figures come from: the provider's report, the gateway's own count, a reservation that was never settled, or nowhere. In the API as snake_case.</summary>
internal enum TokenSource
{
    None,
    Provider,
    Counted,
    Reserved,
}
