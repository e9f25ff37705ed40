namespace Gateway.IntegrationTests.Stress;

public sealed class KillPointOnReplicasTests() : KillPointTests(isShared: true);
