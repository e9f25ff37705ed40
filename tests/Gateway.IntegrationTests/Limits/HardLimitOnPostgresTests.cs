using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Limits;

[OnPostgres]
public sealed class HardLimitOnPostgresTests : HardLimitTests;
