namespace Gateway.IntegrationTests.Stress;

public sealed class KillPointOnFilesTests() : KillPointTests(isShared: false);
