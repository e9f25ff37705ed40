using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Admin;

[OnPostgres]
public sealed class LimitRoutesOnPostgresTests : LimitRoutesTests;
