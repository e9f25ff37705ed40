using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Keys;

[OnPostgres]
public sealed class KeyRingOnPostgresTests : KeyRingTests;
