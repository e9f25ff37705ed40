using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Ledger;

[OnPostgres]
public sealed class LedgerQueriesOnPostgresTests : LedgerQueriesTests;
