using System.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Gateway.Storage;

/// <summary>A transaction that sees the database as of one instant, and that waits for no writer.</summary>
internal static class ReadTransaction
{
    public static async Task<IDbContextTransaction> BeginAsync(GatewayDb db, CancellationToken cancel)
    {
        if (!db.Database.IsSqlite())
        {
            return await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        }

        await db.Database.OpenConnectionAsync(cancel);
#pragma warning disable CA1849 // The asynchronous form has no deferred transactions, and beginning one waits for nothing.
        var transaction = ((SqliteConnection)db.Database.GetDbConnection()).BeginTransaction(deferred: true);
#pragma warning restore CA1849
        return await db.Database.UseTransactionAsync(transaction, cancel)
            ?? throw new InvalidOperationException("A transaction that is used is the context's own.");
    }
}
