using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>One admin change: a transaction of its own that raises the change sequence, by which every process learns of it.</summary>
internal sealed class ChangeTransaction(IDbContextFactory<GatewayDb> dbs, WriteTurn turn)
{
    /// <param name="change">Does the change under the sequence's new value. Where it leaves everything as it was, nothing is committed.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<T> RunAsync<T>(Func<GatewayDb, long, Task<T>> change, CancellationToken cancel)
    {
        await turn.EnterAsync(cancel);
        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancel);
            await using var transaction = await db.Database.BeginTransactionAsync(cancel);
            await db.ChangeSequences.ExecuteUpdateAsync(set => set.SetProperty(s => s.Value, s => s.Value + 1), cancel);
            var sequence = await db.ChangeSequences.Select(s => s.Value).SingleAsync(cancel);
            var result = await change(db, sequence);
            if (db.ChangeTracker.HasChanges())
            {
                await db.SaveChangesAsync(cancel);
                await transaction.CommitAsync(cancel);
            }

            return result;
        }
        finally
        {
            turn.Leave();
        }
    }
}
