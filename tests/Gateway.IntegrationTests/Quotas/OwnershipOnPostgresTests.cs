using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Quotas;

[OnPostgres]
public sealed class OwnershipOnPostgresTests : OwnershipTests;
