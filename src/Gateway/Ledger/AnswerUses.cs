using System.Data.Common;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Ledger;

/// <summary>What earlier answers used: of calls that go on from them it is a part of the prompt that is not in the body.</summary>
internal sealed class AnswerUses(IDbContextFactory<GatewayDb> dbs, LedgerWriter ledger, StoreHealth health, TimeProvider time)
{
    /// <summary>Within this a call's row is readable. Its caller may go on from the answer the moment that it ends.</summary>
    private static readonly TimeSpan RowDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Null where no call of the key's is known by this answer, or what it used is not.</summary>
    public async Task<AnswerUse?> FindAsync(KeyId key, string answerId, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            // Before the look: where no row waited then, one that is not found now does not come.
            var mayCome = ledger.TakenSlots > 0 && time.GetElapsedTime(begun) < RowDelay;
            try
            {
                await using var db = await dbs.CreateDbContextAsync(cancel);
                if (await FeedbackStore.ByAnswer(db, key, answerId, time.GetUtcNow()).FirstOrDefaultAsync(cancel) is { } row)
                {
                    return row.TokenSource is (int)TokenSource.Provider or (int)TokenSource.Counted ? new AnswerUse(row.InputTokens + row.OutputTokens, row.UpstreamModel) : null;
                }
            }
            catch (DbException failure)
            {
                health.Failed(StorePart.Reads, failure);
                return null;
            }

            if (!mayCome)
            {
                return null;
            }

            await Task.Delay(Look, time, cancel);
        }
    }
}
