using System.Text;
using Gateway.OpenAi;
using Gateway.Prompts;
using Gateway.Storage;
using Xunit;

namespace Gateway.UnitTests.Prompts;

public sealed class PromptComposerTests
{
    private const int Bound = 1024;

    private static readonly CapturedCall Call = new(new RequestId("req_1"), DateTimeOffset.UnixEpoch, null, null, null, ApiEndpoint.ChatCompletions, "m");

    [Fact]
    public void Text_split_over_deltas_is_redacted_as_one()
    {
        using var capture = new PromptCapture(Bound);
        foreach (var delta in (string[])["ann", "@exam", "ple.c", "om and ", "sk-proj-", "abcDEF0123456789abcDEF"])
        {
            capture.Append(0, AnswerChannel.Content, Encoding.UTF8.GetBytes(delta));
            capture.Append(0, AnswerChannel.FirstToolCall + 1, Encoding.UTF8.GetBytes(delta));
        }

        capture.Complete(Call, "{}"u8);
        var answer = AnswerText.Read(Compose(capture).Answer ?? []);

        Assert.Equal(
            [new AnswerPartText(0, "content", null, "[redacted:email] and [redacted:secret]"), new AnswerPartText(0, "tool_call", 1, "[redacted:email] and [redacted:secret]")],
            answer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(12)]
    public void What_lies_across_the_edge_is_recognised_before_it_is_cut(int beyond)
    {
        const string Secret = "ann.lee@example.com";
        using var capture = new PromptCapture(Bound);
        var body = "{\"a\":\"" + new string('x', Bound - 6 - Secret.Length + beyond - 1) + " " + Secret + new string(' ', 8000) + "\"}";
        capture.Complete(Call, Encoding.UTF8.GetBytes(body));

        var row = Compose(capture);
        var prompt = Encoding.UTF8.GetString(row.Prompt ?? []);

        Assert.True(row.IsCut);
        Assert.DoesNotContain("ann.lee", prompt, StringComparison.Ordinal);
        Assert.EndsWith(PromptComposer.CutMark, prompt, StringComparison.Ordinal);
        Assert.InRange((row.Prompt ?? []).Length, Bound - 40, Bound);
    }

    [Fact]
    public void Text_that_shrinks_by_redaction_brings_nothing_in_from_beyond_the_edge()
    {
        using var capture = new PromptCapture(Bound);
        var many = string.Concat(Enumerable.Repeat("somebody.with.a.long.name@a.very.long.example.com ", 200));
        capture.Complete(Call, Encoding.UTF8.GetBytes("{\"a\":\"" + many));

        var prompt = Encoding.UTF8.GetString(Compose(capture).Prompt ?? []);

        Assert.DoesNotContain("somebody", prompt, StringComparison.Ordinal);
        Assert.DoesNotContain("@", prompt, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_keeps_within_its_bound_and_ends_at_a_character()
    {
        using var capture = new PromptCapture(Bound);
        for (var i = 0; i < 300; i++)
        {
            capture.Append(0, AnswerChannel.Content, "héllo 😀 "u8);
        }

        capture.Complete(Call, Encoding.UTF8.GetBytes("{\"a\":\"" + string.Concat(Enumerable.Repeat("😀", 1000))));
        var row = Compose(capture);
        var answer = AnswerText.Read(row.Answer ?? []).Single().Text;
        var prompt = Encoding.UTF8.GetString(row.Prompt ?? []);

        Assert.InRange((row.Prompt ?? []).Length + Encoding.UTF8.GetByteCount(answer), Bound - 20, Bound);
        Assert.DoesNotContain('\ufffd', answer + prompt);
        Assert.True(row.IsCut);
        Assert.EndsWith(PromptComposer.CutMark, answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_is_bounded_whatever_the_answers_length()
    {
        using var capture = new PromptCapture(Bound);
        for (var i = 0; i < 10_000; i++)
        {
            capture.Append(0, AnswerChannel.Content, "0123456789abcdef"u8);
        }

        Assert.InRange(capture.Size, Bound, 4 * (Bound + PromptCapture.Margin));
    }

    [Fact]
    public void A_body_that_is_no_JSON_object_is_not_kept()
    {
        using var capture = new PromptCapture(Bound);
        capture.Complete(Call, "--boundary\r\nbinary"u8);

        Assert.Null(Compose(capture).Prompt);
    }

    private static PromptRow Compose(PromptCapture capture) =>
        new PromptComposer(new Redactor(new PromptLogOptions(), []), Bound).Compose(capture, Call);
}
