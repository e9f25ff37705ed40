using Xunit;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>Tests that run beside no other: exporters hear every meter of their name in the process, and memory is the whole process's.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
