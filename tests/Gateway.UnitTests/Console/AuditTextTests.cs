using Gateway.Console.Words;
using Gateway.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class AuditTextTests
{
    private readonly Reader _reader = new(new FakeTimeProvider(new DateTimeOffset(2026, 3, 3, 14, 0, 0, TimeSpan.Zero)));

    [Fact]
    public void What_was_made_is_told_in_words_and_every_script()
    {
        var made = Row(null, """{"name":"\u9375 \u202E","key_hint":"9fQ2","limits":[{"unit":"tokens","limit":100000,"per":"day"},{"unit":"usd","limit":2.5,"per":"month","mode":"soft","model":"gpt-*"}],"models":["a","b"],"metadata":{},"expires_at":null}""");

        Assert.Equal("\u9375 \u202E", AuditText.NameOf(made, _reader));
        Assert.Equal(
            [("name", null, "\u9375 \u202E"), ("ends in", null, "9fQ2"), ("limits", null, "100,000 tokens a day, hard; $2.50 a month for gpt-*, soft"), ("models", null, "a; b")],
            AuditText.Changes(made, _reader));
    }

    [Fact]
    public void What_was_changed_is_told_as_it_was_and_as_it_is()
    {
        var changed = Row("""{"name":"a","log_prompts":true,"limits":[]}""", """{"name":"a","log_prompts":null,"limits":[{"unit":"concurrent","limit":5}],"revoked_at":"2026-03-03T13:00:00.000Z"}""");

        Assert.Equal(
            [("prompts kept", "yes", null), ("limits", null, "5 at once, hard"), ("revoked", null, _reader.Full(new DateTimeOffset(2026, 3, 3, 13, 0, 0, TimeSpan.Zero)))],
            AuditText.Changes(changed, _reader));
    }

    [Fact]
    public void What_looks_like_a_limit_and_is_none_is_told_as_it_is() =>
        Assert.Equal([("metadata", null, "unit = tokens, limit = many")], AuditText.Changes(Row(null, """{"metadata":{"unit":"tokens","limit":"many"}}"""), _reader));

    private static AuditRow Row(string? before, string? after) => new() { Id = "1", Time = 0, Actor = "admin", Address = null, ObjectId = "key_1", Action = "key.change", ObjectType = "key", Before = before, After = after };
}
