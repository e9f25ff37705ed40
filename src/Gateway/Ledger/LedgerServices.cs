namespace Gateway.Ledger;

internal static class LedgerServices
{
    /// <summary>Needs the storage registered before it: hosted services start in that order.</summary>
    public static IServiceCollection AddLedger(this IServiceCollection services)
    {
        services.AddSingleton<LedgerWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWriter>());
        services.AddSingleton<LedgerQueries>();
        services.AddSingleton<UsageQueries>();
        services.AddSingleton<FeedbackStore>();
        services.AddSingleton<AnswerUses>();
        return services;
    }
}
