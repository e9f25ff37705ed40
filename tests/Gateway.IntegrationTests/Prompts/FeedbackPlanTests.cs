using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Ledger;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Prompts;

public sealed class FeedbackPlanTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answers_id_is_looked_up_in_its_index()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        await using var db = await gateway.Services.GetRequiredService<IDbContextFactory<GatewayDb>>().CreateDbContextAsync(Cancel);
        await db.Database.OpenConnectionAsync(Cancel);
        using var command = FeedbackStore.ByAnswer(db, new KeyId("key_1"), "chatcmpl-1", DateTimeOffset.UtcNow).Take(1).CreateDbCommand();
        command.CommandText = "explain query plan " + command.CommandText;
        var plan = new StringBuilder();
        await using (var reader = await command.ExecuteReaderAsync(Cancel))
        {
            while (await reader.ReadAsync(Cancel))
            {
                plan.AppendLine(reader.GetString(3));
            }
        }

        Assert.Contains("USING INDEX IX_requests_answer_key", plan.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN requests", plan.ToString(), StringComparison.Ordinal);
    }
}
