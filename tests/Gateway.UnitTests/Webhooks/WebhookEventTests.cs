using System.Text;
using Gateway.Webhooks;
using Xunit;

namespace Gateway.UnitTests.Webhooks;

public sealed class WebhookEventTests
{
    [Fact]
    public void An_id_follows_from_what_is_told_and_from_its_parts_apart()
    {
        var id = WebhookEvent.IdOf("limit.near", "key_1", "2");

        Assert.Matches("^evt_[0-9a-f]{32}$", id);
        Assert.Equal(id, WebhookEvent.IdOf("limit.near", "key_1", "2"));
        Assert.NotEqual(id, WebhookEvent.IdOf("limit.reached", "key_1", "2"));
        Assert.NotEqual(id, WebhookEvent.IdOf("limit.near", "key_12", ""));
    }

    [Fact]
    public void The_body_is_snake_case_with_a_time_of_whole_seconds()
    {
        var told = WebhookEvent.Of("limit.near", "evt_1", new DateTimeOffset(2026, 11, 25, 3, 4, 5, 678, TimeSpan.FromHours(1)), new { KeyId = "key_1", ResetsAt = (DateTime?)null });

        Assert.Equal("""{"id":"evt_1","type":"limit.near","timestamp":"2026-11-25T02:04:05Z","data":{"key_id":"key_1","resets_at":null}}""", Encoding.UTF8.GetString(told.Body));
    }
}
