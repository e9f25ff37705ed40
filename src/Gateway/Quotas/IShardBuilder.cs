namespace Gateway.Quotas;

/// <summary>How counters get their epoch and what they know: those of this process, or those that replicas share.</summary>
internal interface IShardBuilder
{
    /// <summary>Whether other processes use the same counters.</summary>
    bool AreShared { get; }

    /// <summary>Under whose epoch reservations of these counters are written.</summary>
    string FenceOf(string tag);

    /// <summary>What must be done once, before the first call.</summary>
    Task StartAsync(CancellationToken cancel);

    /// <summary>Counters that can be trusted, rebuilt from the ledger if need be; null where that is not possible now.</summary>
    /// <param name="tag">Whose counters.</param>
    /// <param name="distrusted">The counters known so far, and what is wrong with them; null where none are known.</param>
    /// <param name="cancel">Ends the try.</param>
    Task<QuotaShard?> BuildAsync(string tag, DistrustedShard? distrusted, CancellationToken cancel);

    /// <summary>
    /// An epoch under which the ledger takes reservations that no counters know, since those are away: when they come back they are of an
    /// earlier epoch, and so are rebuilt with all that passed meanwhile. Null where that can't be.
    /// </summary>
    Task<QuotaShard?> DetachAsync(string tag, CancellationToken cancel);
}
