using System.Data.Common;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Storage;
using Gateway.Tokens;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Proxy;

/// <summary>
/// Charges batches when their results are known, whoever asks for them or nobody: by the provider's own counts, to the key that made them, exactly once across restarts and
/// replicas. A batch is claimed under the id of the ledger's row that will charge it; only where after a while neither that row nor its reservation exists is it claimed anew.
/// </summary>
internal sealed partial class BatchCharges(
    IDbContextFactory<GatewayDb> dbs,
    WriteTurn turn,
    KeyById keys,
    Routing routing,
    ProviderCalls calls,
    QuotaKeeper keeper,
    LedgerWriter ledger,
    CallFrame frame,
    RequestIds ids,
    TimeProvider time,
    ILogger<BatchCharges> log) : BackgroundService
{
    /// <summary>How often providers are asked. A batch takes minutes to a day.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>A claim this old whose row is nowhere was made by a process that died before it charged anything.</summary>
    private static readonly TimeSpan ClaimHolds = TimeSpan.FromMinutes(10);

    /// <summary>Batches run for a day; providers keep their results for a month.</summary>
    private static readonly TimeSpan LongestBatch = TimeSpan.FromDays(30);

    private readonly SemaphoreSlim _hurry = new(0);

    public static bool IsOver(string? status) => status is "completed" or "failed" or "expired" or "cancelled";

    /// <summary>Somebody has seen a batch's end.</summary>
    public void Hurry() => _hurry.Release();

    public override void Dispose()
    {
        _hurry.Dispose();
        base.Dispose();
    }

    /// <summary>Looks once at each batch that is not charged yet.</summary>
    internal async Task ChargeAsync(CancellationToken cancel)
    {
        foreach (var batch in await UnchargedAsync(cancel))
        {
            using var catalog = routing.Hold();
            if (catalog.FindKeeper(batch.Provider)?.Provider is { } provider
                && await calls.GetAsync(provider, $"batches/{Uri.EscapeDataString(batch.Id)}", "", cancel) is { } body
                && StoredJson.Read(body) is var state && IsOver(state.Status))
            {
                await ChargeAsync(batch, provider, state, cancel);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ChargeAsync(stoppingToken);
                await Task.WhenAny(_hurry.WaitAsync(stoppingToken), Task.Delay(Pause, time, stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (DbException failure)
            {
                LogFailed(failure);
                await Task.WhenAny(Task.Delay(Pause, time, stoppingToken));
            }
        }
    }

    private async Task<List<OwnedIdRow>> UnchargedAsync(CancellationToken cancel)
    {
        var oldest = (time.GetUtcNow() - LongestBatch).ToUnixTimeMilliseconds();
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var open = await db.OwnedIds.AsNoTracking()
            .Where(o => o.Kind == "batch" && (o.SettlingSince == null || o.SettlingSince >= 0) && o.Created >= oldest)
            .OrderBy(o => o.Created)
            .ToListAsync(cancel);
        var charged = new List<OwnedIdRow>();
        foreach (var batch in open)
        {
            if (batch.SettledBy is { } row && await db.Requests.AnyAsync(r => r.Id == row, cancel))
            {
                await UpdateAsync(batch, null, row, -1, cancel);
            }
            else
            {
                charged.Add(batch);
            }
        }

        return charged;
    }

    private async Task ChargeAsync(OwnedIdRow batch, Provider provider, StoredJson state, CancellationToken cancel)
    {
        if (await UsageAsync(provider, state, cancel) is not { } usage)
        {
            return;
        }

        if (await keys.FindAsync(new KeyId(batch.KeyId), cancel) is not { } key || usage is { InputTokens: 0, OutputTokens: 0 })
        {
            await UpdateAsync(batch, null, null, -1, cancel);
            return;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var id = ids.Next();
        if (await IsFreeAsync(batch, cancel) && await UpdateAsync(batch, batch.SettlingSince, id.Value, now, cancel) && !await RecordAsync(id, key, provider, state.Model ?? "", usage, cancel))
        {
            await UpdateAsync(batch, now, null, null, cancel);
        }
    }

    /// <summary>Once it is reserved a crash charges the batch too: what was reserved and not settled is spent when its lease ends.</summary>
    /// <returns>False where the counters are away, and nothing was charged.</returns>
    private async Task<bool> RecordAsync(RequestId id, ApiKey key, Provider provider, string model, TokenUsage usage, CancellationToken cancel)
    {
        var price = model.Length > 0 && routing.Current.TryFind($"{provider.Name}/{model}", out var route) ? route.First.Price : null;
        var call = new CallRecord(id, ApiEndpoint.Batches, time)
        {
            Key = key,
            Envelope = RequestEnvelope.Of(model, stream: false, null, 1),
            Provider = provider.Name,
            UpstreamModel = model,
            Status = StatusCodes.Status200OK,
            Outcome = CallOutcome.Completed,
            Attempts = 1,
        };
        // It is spent already, so no limit may refuse it: all of them only count.
        var limits = key.LimitsFor(model).Where(limit => limit.Unit is not (LimitUnit.Concurrent or LimitUnit.Requests))
            .Select(limit => new Limit(limit.Scope, limit.ScopeId, limit.Unit, limit.Per, limit.Model, LimitMode.Shadow, limit.Amount)).ToList();
        var cost = price is null ? 0 : PriceTable.Cost(price, new BilledUse(usage.InputTokens, usage.CachedTokens, 0, usage.OutputTokens));
        if (limits.Count > 0)
        {
            if (await keeper.AdmitAsync(Ask(call, key, model, limits, new Charge(usage.InputTokens, usage.OutputTokens, 0, cost)), cancel) is not AdmitAnswer.Admitted admitted)
            {
                return false;
            }

            call.Admission = admitted.Admission;
        }

        ledger.Reserve();
        call.Settle(usage, TokenSource.Provider, price);
        frame.Record(call);
        return true;
    }

    private static QuotaAsk Ask(CallRecord call, ApiKey key, string model, IReadOnlyList<Limit> limits, Charge charge) => new()
    {
        Request = call.Id,
        Time = call.Arrived,
        Key = key.Id,
        TeamId = key.TeamId,
        Endpoint = call.Endpoint.Path,
        Model = model,
        Limits = limits,
        Estimate = charge,
    };

    /// <summary>The batch's own sum, else that of its output's lines; null where it can't be had now.</summary>
    private async Task<TokenUsage?> UsageAsync(Provider provider, StoredJson state, CancellationToken cancel)
    {
        if (state.Usage is { } told and not { InputTokens: 0, OutputTokens: 0 })
        {
            return told;
        }

        if (state.OutputFile is not { } file)
        {
            return default(TokenUsage);
        }

        using var results = new BatchResults();
        if (!await calls.ReadAsync(provider, $"files/{Uri.EscapeDataString(file)}/content", "", results.Read, cancel))
        {
            return null;
        }

        results.Complete();
        return results.Total;
    }

    /// <summary>Not claimed, or by a process that died before it reserved anything.</summary>
    private async Task<bool> IsFreeAsync(OwnedIdRow batch, CancellationToken cancel)
    {
        if (batch.SettlingSince is not { } since)
        {
            return true;
        }

        var claim = batch.SettledBy;
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return since < (time.GetUtcNow() - ClaimHolds).ToUnixTimeMilliseconds()
            && !await db.Requests.AnyAsync(r => r.Id == claim, cancel)
            && !await db.Reservations.AnyAsync(r => r.Id == claim, cancel);
    }

    private async Task<bool> UpdateAsync(OwnedIdRow batch, long? since, string? settledBy, long? newSince, CancellationToken cancel)
    {
        await turn.EnterAsync(cancel);
        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancel);
            return await db.OwnedIds
                .Where(o => o.Kind == batch.Kind && o.Id == batch.Id && o.KeyId == batch.KeyId && (newSince < 0 || o.SettlingSince == since))
                .ExecuteUpdateAsync(set => set.SetProperty(o => o.SettledBy, settledBy).SetProperty(o => o.SettlingSince, newSince), cancel) == 1;
        }
        finally
        {
            turn.Leave();
        }
    }

    [LoggerMessage(6002, LogLevel.Error, "Batches can't be charged now; it is tried again")]
    private partial void LogFailed(Exception failure);
}
