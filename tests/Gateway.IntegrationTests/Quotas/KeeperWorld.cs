using Gateway.IntegrationTests.Ledger;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Gateway.Quotas;
using Gateway.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>Calls as the request path makes them, without the request path.</summary>
internal static class KeeperWorld
{
    public static readonly KeyId Key = new("key_00000000000000000000000000000001");

    /// <summary>10 input and 20 output tokens, one request.</summary>
    public static readonly Charge Estimate = new(10, 20, 1, 0);

    public static Limit LimitOf(LimitUnit unit, LimitPeriod per, long amount) => new(LimitScope.Key, Key.Value, unit, per, null, LimitMode.Hard, amount);

    public static QuotaAsk Ask(params Limit[] limits) => new()
    {
        Request = new RequestIds(TimeProvider.System).Next(),
        Time = Rows.Noon,
        Key = Key,
        Endpoint = "chat/completions",
        Model = "gpt-4o",
        Limits = limits,
        Estimate = Estimate,
    };

    public static LedgerEntry RowOf(Admission admission, Charge spent) => Rows.Completed() with
    {
        Id = admission.Ask.Request,
        KeyId = Key,
        InputTokens = spent.InputTokens,
        OutputTokens = spent.OutputTokens,
    };

    public static async Task<Admission> AdmitAsync(StoreProcess process, params Limit[] limits)
    {
        var answer = await process.Quotas.AdmitAsync(Ask(limits), TestContext.Current.CancellationToken);
        return Assert.IsType<AdmitAnswer.Admitted>(answer).Admission;
    }

    public static void Record(StoreProcess process, Admission admission, Charge spent)
    {
        Assert.True(process.Ledger.TryReserve());
        process.Ledger.Record(RowOf(admission, spent), spent == default ? admission.Release() : admission.Settle(spent));
    }

    public static Task DrainedAsync(StoreProcess process) => Eventually.IsTrueAsync(
        () => ValueTask.FromResult(process.Ledger.TakenSlots == 0 && process.Journal.Queued == 0 && !process.Quotas.Running.Any()),
        TimeSpan.FromSeconds(20),
        TestContext.Current.CancellationToken);

    /// <summary>Until what is held is in the tables, where somebody else can read it.</summary>
    public static Task InTablesAsync(StoreProcess process)
    {
        var mark = new MarkWrite();
        process.Journal.Add(mark);
        return mark.Durable.WaitAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<LimitFigure[]> FiguresAsync(StoreProcess process, params Limit[] limits) =>
        [.. await process.Quotas.ReadAsync(Key.Value, limits, TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("The counters did not answer.")];

    /// <summary>All tokens in the ledger, which is what a key's total must show.</summary>
    public static long LedgerTokens(string database) => (long)(Sql.Scalar(database, "select coalesce(sum(input_tokens + output_tokens), 0) from requests") ?? 0L);

    public static long Reservations(string database) => (long)(Sql.Scalar(database, "select count(*) from reservations") ?? -1L);
}
