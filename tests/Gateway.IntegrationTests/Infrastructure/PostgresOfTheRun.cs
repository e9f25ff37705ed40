using Gateway.IntegrationTests.Infrastructure;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresOfTheRun))]

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>Ends the run's PostgreSQL server, if a test asked for one.</summary>
public sealed class PostgresOfTheRun : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        if (PostgresServer.WasUsed)
        {
            await PostgresServer.OfTheRun.DisposeAsync();
        }
    }
}
