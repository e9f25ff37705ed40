using System.Text;
using System.Text.Json.Nodes;
using Gateway.OpenAi;
using Gateway.Proxy;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class BodySpliceTests
{
    [Fact]
    public void A_body_that_needs_no_change_goes_out_as_it_came()
    {
        const string Body = """{ "m\u006fdel" : "gpt\u002d4o","stream":true, "stream_options":{"include_usage":true} }  """;

        var (splice, sent) = Send(Body, "gpt-4o", askForUsage: true);

        Assert.Equal(Body, sent);
        Assert.True(splice.Edits.IsEmpty);
        Assert.False(splice.AsksForUsage);
    }

    [Theory]
    [InlineData("gpt-4o-2024-11-20", "\"gpt-4o-2024-11-20\"")]
    [InlineData("a\"b\\c\nd", "\"a\\\"b\\\\c\\nd\"")]
    [InlineData("modèle/😀", "\"modèle/😀\"")]
    public void Only_the_models_name_changes(string upstreamModel, string written)
    {
        var (_, sent) = Send("""{"a": 1,  "model" : "asked" , "b":[1.0, 2e5]}""", upstreamModel);

        Assert.Equal($$"""{"a": 1,  "model" : {{written}} , "b":[1.0, 2e5]}""", sent.Replace("\\uD83D\\uDE00", "😀", StringComparison.Ordinal));
        Assert.Equal(upstreamModel, (string?)JsonNode.Parse(sent)?["model"]);
    }

    [Theory]
    [InlineData("""{"model":"m","stream":true}""", """{"stream_options":{"include_usage":true},"model":"m","stream":true}""")]
    [InlineData(""" { "model":"m","stream":true}""", """ {"stream_options":{"include_usage":true}, "model":"m","stream":true}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":null}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{}}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{ }}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true }}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"a":{"b":[1]}}}""", """{"model":"m","stream":true,"stream_options":{"include_usage":true,"a":{"b":[1]}}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"a":1,"include_usage":false,"b":{}}}""", """{"model":"m","stream":true,"stream_options":{"a":1,"include_usage":true,"b":{}}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"include_us\u0061ge" : null}}""", """{"model":"m","stream":true,"stream_options":{"include_us\u0061ge" : true}}""")]
    public void Usage_is_asked_for_where_the_caller_did_not(string body, string expected)
    {
        var (splice, sent) = Send(body, "m", askForUsage: true);

        Assert.Equal(expected, sent);
        Assert.True(splice.AsksForUsage);
        Assert.Equal(body, Send(body, "m").Sent);
    }

    [Theory]
    [InlineData("""{"model":"m"}""")]
    [InlineData("""{"model":"m","stream":false,"stream_options":{"include_usage":false}}""")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"include_usage":true}}""")]
    public void Usage_is_not_asked_for_without_need(string body)
    {
        var (splice, sent) = Send(body, "m", askForUsage: true);

        Assert.Equal(body, sent);
        Assert.False(splice.AsksForUsage);
    }

    [Theory]
    [InlineData("""{"a":1,"model":"m","b":2}""", """{"a":1,"model":"up","b":2}""", "x")]
    [InlineData("""{"a":1,"model":"m","b":2}""", """{"model":"up","b":2}""", "a")]
    [InlineData("""{"a":1,"model":"m","b":2}""", """{"a":1,"model":"up"}""", "b")]
    [InlineData("""{"a":1,"model":"m","b":2}""", """{"model":"up"}""", "a", "b")]
    [InlineData("""{"a":1,"model":"m","b":2}""", """{"a":1,"b":2}""", "model")]
    [InlineData("""{"a":1,"model":"m","b":2}""", """{}""", "a", "model", "b")]
    [InlineData("""{ "a" : [1,{"b":2}] , "b" : 3 ,"model":"m" }""", """{ "model":"up" }""", "a", "b")]
    [InlineData("""{ "model":"m" , "a" : [1,{"b":2}] , "b" : 3 }""", """{ "model":"up" }""", "a", "b")]
    [InlineData("""{"model":"m","\u0061":{"a":1},"c":{"a":1}}""", """{"model":"up","c":{"a":1}}""", "a")]
    public void Fields_that_an_upstream_does_not_bear_are_left_out(string body, string expected, params string[] strip)
    {
        Assert.Equal(expected, Send(body, "up", false, strip).Sent);
    }

    [Theory]
    [InlineData("""{"a":1,"model":"m","stream":true}""", """{"stream_options":{"include_usage":true},"model":"up","stream":true}""", true, "a")]
    [InlineData("""{"model":"m","stream":true}""", """{"stream_options":{"include_usage":true}}""", true, "model", "stream")]
    [InlineData("""{"stream_options":{"a":1},"model":"m","stream":true}""", """{"model":"up","stream":true}""", false, "stream_options")]
    [InlineData("""{"model":"m","stream_options":null,"stream":true}""", """{"model":"up","stream":true}""", false, "stream_options")]
    [InlineData("""{"model":"m","stream_options":{},"a":1,"stream":true}""", """{"model":"up","stream_options":{"include_usage":true},"stream":true}""", true, "a")]
    public void Leaving_out_goes_with_asking_for_usage(string body, string expected, bool asks, params string[] strip)
    {
        var (splice, sent) = Send(body, "up", askForUsage: true, strip);

        Assert.Equal(expected, sent);
        Assert.Equal(asks, splice.AsksForUsage);
    }

    [Fact]
    public void Any_body_keeps_its_bytes_outside_the_edits_and_its_meaning_inside()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var body = new RandomBody(random).Write();
            var strip = random.Next(3) == 0 ? new[] { "temperature", "seed", "logit_bias" } : [];
            var (splice, sent) = Send(body, "upstream", askForUsage: true, strip);

            Assert.True(Expected(body, strip) == Canonical(sent), $"seed {seed}: {body} became {sent}");
            AssertSameOutside(splice, Encoding.UTF8.GetBytes(body), Encoding.UTF8.GetBytes(sent));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(4096)]
    public async Task A_stream_gives_the_same_bytes_whatever_the_buffer(int size)
    {
        var body = Encoding.UTF8.GetBytes("""{"a":[1,2],"model":"m","b":"é","stream":true,"stream_options":{"x":null}}""");
        var splice = Plan(body, "a longer name", true, ["b"]);
        var expected = """{"a":[1,2],"model":"a longer name","stream":true,"stream_options":{"include_usage":true,"x":null}}""";

        await using var whole = splice.Open(body);
        using var read = new MemoryStream();
        var buffer = new byte[size];
        for (int count; (count = await whole.ReadAsync(buffer.AsMemory(), TestContext.Current.CancellationToken)) > 0;)
        {
            await read.WriteAsync(buffer.AsMemory(0, count), TestContext.Current.CancellationToken);
            Assert.Equal(0, await whole.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken));
        }

        // Begun by reading, ended by copying.
        await using var again = splice.Open(body);
        using var copied = new MemoryStream();
        var begun = await again.ReadAsync(buffer, TestContext.Current.CancellationToken);
        await copied.WriteAsync(buffer.AsMemory(0, begun), TestContext.Current.CancellationToken);
        await again.CopyToAsync(copied, TestContext.Current.CancellationToken);

        Assert.Equal(expected, Encoding.UTF8.GetString(read.ToArray()));
        Assert.Equal(expected, Encoding.UTF8.GetString(copied.ToArray()));
        Assert.Equal(expected.Length, splice.Length);
    }

    [Fact]
    public async Task A_stream_obeys_cancellation_and_its_end()
    {
        var body = """{"model":"m"}"""u8.ToArray();
        var stream = Plan(body, "m", false, []).Open(body);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.ReadExactlyAsync(new byte[4], new CancellationToken(canceled: true)));
        await stream.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.ReadExactlyAsync(new byte[4], TestContext.Current.CancellationToken));
    }

    private static (BodySplice Splice, string Sent) Send(string body, string upstreamModel, bool askForUsage = false, params string[] strip)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var splice = Plan(bytes, upstreamModel, askForUsage, strip);
        using var stream = splice.Open(bytes);
        using var sent = new MemoryStream();
        stream.CopyTo(sent);
        Assert.Equal(splice.Length, sent.Length);
        return (splice, Encoding.UTF8.GetString(sent.ToArray()));
    }

    private static BodySplice Plan(byte[] body, string upstreamModel, bool askForUsage, string[] strip, OutputCap? cap = null)
    {
        Assert.True(RequestEnvelope.Read(body, ApiEndpoint.ChatCompletions).TryGet(out var envelope, out var error), error?.Message);
        return BodySplice.Plan(body, envelope, upstreamModel, askForUsage, strip, cap);
    }

    /// <summary>What the edits mean, done the slow way on a parsed body; fields in the order of their names.</summary>
    private static string Expected(string body, string[] strip)
    {
        var root = JsonNode.Parse(body)?.AsObject() ?? throw new InvalidOperationException("Not an object.");
        root["model"] = "upstream";
        if (root["stream"] is JsonValue stream && stream.GetValue<bool>())
        {
            if (root["stream_options"] is not JsonObject options)
            {
                root["stream_options"] = options = [];
            }

            options["include_usage"] = true;
        }

        foreach (var name in strip)
        {
            root.Remove(name);
        }

        return Canonical(root.ToJsonString());
    }

    private static string Canonical(string json) => Sorted(JsonNode.Parse(json))?.ToJsonString() ?? "null";

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject fields => new JsonObject(fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        null => null,
        _ => node.DeepClone(),
    };

    private static void AssertSameOutside(BodySplice splice, ReadOnlySpan<byte> body, ReadOnlySpan<byte> sent)
    {
        int bodyAt = 0, sentAt = 0;
        foreach (var (removed, inserted) in splice.Edits)
        {
            var kept = removed.Start - bodyAt;
            Assert.True(kept >= 0, "Edits are in order and apart.");
            Assert.True(body.Slice(bodyAt, kept).SequenceEqual(sent.Slice(sentAt, kept)));
            Assert.True(inserted.Span.SequenceEqual(sent.Slice(sentAt + kept, inserted.Length)));
            bodyAt = removed.End;
            sentAt += kept + inserted.Length;
        }

        Assert.True(body[bodyAt..].SequenceEqual(sent[sentAt..]));
    }
}
