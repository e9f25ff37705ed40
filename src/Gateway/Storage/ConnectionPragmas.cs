using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Gateway.Storage;

/// <summary>Pragmas belong to a connection, not to the file, so each one that EF Core opens gets them.</summary>
internal sealed class ConnectionPragmas : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var pragmas = connection.CreateCommand();
        pragmas.CommandText = SqliteFile.ConnectionPragmas;
        pragmas.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var pragmas = connection.CreateCommand();
        pragmas.CommandText = SqliteFile.ConnectionPragmas;
        await pragmas.ExecuteNonQueryAsync(cancellationToken);
    }
}
