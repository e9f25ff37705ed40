using System.Net.Http.Headers;
using System.Text;
using Gateway.OpenAi;
using Gateway.Proxy;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class TappedContentTests
{
    private const string Stream =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_original_is_read_through_the_tap_and_keeps_its_headers(bool leaveOut)
    {
        var inner = new ScriptedStream([Encoding.UTF8.GetBytes(Stream)]);
        using var original = new StreamContent(inner);
        original.Headers.ContentType = MediaTypeHeaderValue.Parse("text/event-stream; charset=utf-8");
        original.Headers.ContentLength = Stream.Length;
        original.Headers.TryAddWithoutValidation("x-odd", ["a", "b"]);
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOut, UsagePaths.Default, sink: null);
        var output = new MemoryStream();

        using (var content = new TappedContent(original, reader, TimeProvider.System, deadline: null))
        {
            await using var stream = await content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.Same(content.Tap, stream);
            Assert.Equal(0, inner.Reads);
            await stream.CopyToAsync(output, TestContext.Current.CancellationToken);
            Assert.Equal("text/event-stream; charset=utf-8", content.Headers.ContentType?.ToString());
            Assert.Equal(["a", "b"], content.Headers.GetValues("x-odd"));
            Assert.Equal(leaveOut ? null : Stream.Length, content.Headers.ContentLength);
        }

        Assert.Equal(leaveOut ? Stream[..Stream.IndexOf("data: {\"choices\":[],", StringComparison.Ordinal)] : Stream, Encoding.UTF8.GetString(output.ToArray()));
        Assert.Equal(new TokenUsage(1, 2, 0, 0), reader.Usage);
        Assert.True(inner.IsDisposed);
    }

    [Fact]
    public async Task Copied_as_a_whole_it_goes_through_the_tap_too()
    {
        using var original = new StreamContent(new ScriptedStream([Encoding.UTF8.GetBytes(Stream)]));
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOutUsageChunk: false, UsagePaths.Default, sink: null);
        using var content = new TappedContent(original, reader, TimeProvider.System, deadline: null);
        var output = new MemoryStream();

        await content.CopyToAsync(output, TestContext.Current.CancellationToken);

        Assert.Equal(Stream, Encoding.UTF8.GetString(output.ToArray()));
        Assert.True(content.Tap?.ReachedEnd);
    }
}
