using Gateway.IntegrationTests.Infrastructure;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.Quotas;
using Gateway.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.IntegrationTests.Storage;

/// <summary>Storage, keys and ledger as one gateway process has them, on a real file.</summary>
internal sealed class StoreProcess : IAsyncDisposable
{
    /// <summary>Who makes the changes of the tests.</summary>
    public static readonly ChangedBy Admin = new("test", null);

    private readonly IHost _host;
    private bool _stopped;

    private StoreProcess(IHost host) => _host = host;

    public KeyRing Ring => _host.Services.GetRequiredService<KeyRing>();

    public KeyStore Keys => _host.Services.GetRequiredService<KeyStore>();

    public TeamStore Teams => _host.Services.GetRequiredService<TeamStore>();

    public LedgerWriter Ledger => _host.Services.GetRequiredService<LedgerWriter>();

    public SpendJournal Journal => _host.Services.GetRequiredService<SpendJournal>();

    public QuotaKeeper Quotas => _host.Services.GetRequiredService<QuotaKeeper>();

    public EmbeddedQuotaStore Counters => (EmbeddedQuotaStore)_host.Services.GetRequiredService<IQuotaStore>();

    public QuotaTending Tending => _host.Services.GetServices<IHostedService>().OfType<QuotaTending>().Single();

    public LedgerQueries Queries => _host.Services.GetRequiredService<LedgerQueries>();

    public UsageQueries Usage => _host.Services.GetRequiredService<UsageQueries>();

    public StoreHealth Health => _host.Services.GetRequiredService<StoreHealth>();

    public IDbContextFactory<GatewayDb> Dbs => _host.Services.GetRequiredService<IDbContextFactory<GatewayDb>>();

    public static async Task<StoreProcess> StartAsync(string directory, CancellationToken cancel, int? queueRows = null, TimeProvider? time = null, string? redis = null, Func<IServiceCollection, IServiceCollection>? change = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.Services.AddStorage(directory, TempFolder.AddressIn(directory)).AddKeys().AddQuotaKeeper(redis).AddLedger();
        if (queueRows is { } rows)
        {
            builder.Services.PostConfigure<LedgerOptions>(options => options.QueueRows = rows);
        }

        change?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync(cancel);
        return new StoreProcess(host);
    }

    public async Task<NewKey> NewKeyAsync(KeySpec spec, CancellationToken cancel) =>
        (await Keys.CreateAsync(spec, Admin, cancel)).TryGet(out var made, out var refusal) ? made : throw new InvalidOperationException(refusal.Message);

    public async Task StopAsync(CancellationToken cancel)
    {
        _stopped = true;
        await _host.StopAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await _host.StopAsync(CancellationToken.None);
        }

        _host.Dispose();
        SqliteConnection.ClearAllPools();
    }
}
