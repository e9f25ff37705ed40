using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Prompts;

[OnPostgres]
public sealed class FeedbackOnPostgresTests : FeedbackTests;
