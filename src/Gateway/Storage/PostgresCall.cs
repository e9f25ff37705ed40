using Npgsql;

namespace Gateway.Storage;

/// <summary>A bound statement in line for the next round trip.</summary>
internal readonly record struct PostgresCall(PostgresStatement Statement, NpgsqlBatchCommand Command, bool IsQuery, int Ticket);
