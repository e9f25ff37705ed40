using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Realtime;
using Gateway.IntegrationTests.Stored;
using Xunit;

namespace Gateway.IntegrationTests.Prompts;

/// <summary>What the prompt log keeps of calls that are no chat: the words, and of files, sound and pictures how large they were.</summary>
public sealed class KeptContentTests
{
    private const string Transcript = """{"text":"Call ann@example.com","usage":{"type":"tokens","input_tokens":14,"output_tokens":10,"total_tokens":24}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_uploads_fields_and_its_files_sizes_are_kept_and_none_of_their_bytes()
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Uploads:MemoryBytes=65536");
        using var caller = await gateway.NewCallerAsync();
        var audio = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("secret-noise ", 20_000)));

        using var response = await caller.UploadAsync(
            "/v1/audio/transcriptions",
            Forms.Bytes(Forms.Field("model", "gpt-4o"), Forms.File("file", audio), Forms.Field("prompt", "Names: Zoë, bob@example.com"), Forms.Field("include[]", "a"), Forms.Field("include[]", "b")),
            Cancel);
        var row = await gateway.RowAsync(response.RequestId());

        Assert.Equal(
            $$"""{"model":"gpt-4o","file":{"filename":"file.bin","bytes":{{audio.Length}}},"prompt":"Names: Zoë, [redacted:email]","include[]":["a","b"]}""", Text(row, "prompt"));
        Assert.Equal("Call [redacted:email]", Text(row, "answer"));
        Assert.False(row.TryGetProperty("content_absent", out _));
        Assert.False(row.GetProperty("content_truncated").GetBoolean());
    }

    [Theory]
    [InlineData("text/plain", "Hello there", "Hello there")]
    [InlineData("text/vtt; charset=utf-8", "WEBVTT\n\n00:00.000 --> 00:02.000\nHi\n", "WEBVTT\n\n00:00.000 --> 00:02.000\nHi\n")]
    [InlineData("application/json", """{"task":"transcribe","duration":2.5,"text":"Hello","segments":[{"text":"Hello"}]}""", "Hello")]
    [InlineData("text/event-stream", "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hel\"}\n\ndata: {\"type\":\"transcript.text.delta\",\"delta\":\"lo\"}\n\ndata: {\"type\":\"transcript.text.done\",\"text\":\"Hello\"}\n\n", "Hello")]
    [InlineData("text/event-stream", "data: {\"type\":\"transcript.text.segment\",\"text\":\"Hel\"}\n\ndata: {\"type\":\"transcript.text.done\",\"text\":\"Hello\"}\n\n", "Hello")]
    public async Task A_transcript_is_kept_in_whatever_form_it_comes(string type, string answer, string kept)
    {
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync(answer, contentType: type));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.UploadAsync("/v1/audio/transcriptions", Forms.Bytes(Forms.File("file", new byte[100]), Forms.Field("model", "gpt-4o")), Cancel);

        Assert.Equal(answer, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(kept, Text(await gateway.RowAsync(response.RequestId()), "answer"));
    }

    [Fact]
    public async Task Of_pictures_the_size_is_kept_and_the_prompt_that_the_model_made()
    {
        var answer = $$"""{"created":1,"data":[{"revised_prompt":"A \"red\" fox","b64_json":"{{new string('A', 4_000_000)}}"},{"url":"https://pictures.example/1.png"}]}""";
        await using var upstream = FakeUpstream.Answering(answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var edited = await caller.UploadAsync("/v1/images/edits", Forms.Bytes(Forms.File("image[]", new byte[10]), Forms.File("image[]", new byte[20]), Forms.Field("model", "gpt-4o"), Forms.Field("prompt", "a fox")), Cancel);
        using var made = await caller.CallAsync("""{"model":"gpt-4o","prompt":"a fox"}""", "/v1/images/generations", Cancel);

        Assert.Equal(answer, await edited.Content.ReadAsStringAsync(Cancel));
        const string kept = "A \"red\" fox\n[image: 3000000 bytes]\nhttps://pictures.example/1.png\n";
        var row = await gateway.RowAsync(edited.RequestId());
        Assert.Equal("""{"image[]":[{"filename":"file.bin","bytes":10},{"filename":"file.bin","bytes":20}],"model":"gpt-4o","prompt":"a fox"}""", Text(row, "prompt"));
        Assert.Equal(kept, Text(row, "answer"));
        await made.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(kept, Text(await gateway.RowAsync(made.RequestId()), "answer"));
    }

    [Fact]
    public async Task Of_speech_the_size_is_kept_and_of_moderations_the_judgement()
    {
        await using var upstream = FakeUpstream.Start(call => call.RequestLine.Contains("speech", StringComparison.Ordinal)
            ? call.RespondAsync("sound", contentType: "audio/mpeg")
            : call.RespondAsync("""{"id":"modr_1","results":[{"flagged":true}]}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var spoken = await caller.CallAsync("""{"model":"gpt-4o","input":"Read this","voice":"alloy"}""", "/v1/audio/speech", Cancel);
        using var judged = await caller.CallAsync("""{"model":"gpt-4o","input":"Judge this"}""", "/v1/moderations", Cancel);
        await spoken.Content.ReadAsStringAsync(Cancel);

        Assert.Equal("[audio: 5 bytes]", Text(await gateway.RowAsync(spoken.RequestId()), "answer"));
        Assert.Equal("""{"id":"modr_1","results":[{"flagged":true}]}""", Text(await gateway.RowAsync(judged.RequestId()), "answer"));
    }

    [Fact]
    public async Task A_long_field_is_cut_to_what_a_record_may_have()
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:PromptLog:MaxBytesPerRecord=2048", "--Gateway:Uploads:MemoryBytes=65536");
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.UploadAsync(
            "/v1/audio/transcriptions", Forms.Bytes(Forms.Field("model", "gpt-4o"), Forms.Field("notes", new string('x', 3_000_000)), Forms.File("file", new byte[10])), Cancel);
        var row = await gateway.RowAsync(response.RequestId());

        Assert.StartsWith("""{"model":"gpt-4o","notes":"xxx""", Text(row, "prompt"), StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(Text(row, "prompt") ?? ""), 1000, 2048);
        Assert.True(row.GetProperty("content_truncated").GetBoolean());
    }

    [Fact]
    public async Task A_key_that_keeps_no_prompts_keeps_none_of_uploads_files_and_batches()
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "quiet", log_prompts = false });

        using var file = await caller.UploadAsync("/v1/files", Forms.Bytes(Forms.Field("purpose", "batch"), Forms.File("file", new byte[10])), Cancel);
        using var batch = await caller.CallAsync("""{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h"}""", "/v1/batches", Cancel);

        foreach (var made in new[] { file, batch })
        {
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
            var row = await gateway.RowAsync(made.RequestId());
            Assert.Equal((false, "off"), (row.TryGetProperty("prompt", out _), Text(row, "content_absent")));
        }
    }

    [Fact]
    public async Task Files_and_batches_are_kept_as_what_was_asked_and_what_was_made()
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        const string ask = """{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h"}""";

        using var file = await caller.UploadAsync("/v1/files", Forms.Bytes(Forms.Field("purpose", "batch"), Forms.File("file", new byte[1234])), Cancel);
        using var batch = await caller.CallAsync(ask, "/v1/batches", Cancel);
        using var asked = await caller.GetAsync(new Uri("/v1/batches/batch_1", UriKind.Relative), Cancel);

        var row = await gateway.RowAsync(file.RequestId());
        Assert.Equal(("""{"purpose":"batch","file":{"filename":"file.bin","bytes":1234}}""", """{"id":"file-1","object":"file"}"""), (Text(row, "prompt"), Text(row, "answer")));
        row = await gateway.RowAsync(batch.RequestId());
        Assert.Equal(ask, Text(row, "prompt"));
        Assert.StartsWith("""{"id":"batch_1",""", Text(row, "answer"), StringComparison.Ordinal);
        Assert.Equal("off", Text(await gateway.RowAsync(asked.RequestId()), "content_absent"));
    }

    [Fact]
    public async Task A_realtime_responses_row_has_what_was_said_to_it_and_what_it_said()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync());
        await socket.SayAsync("""{"type":"session.update","session":{"instructions":"Be brief. Ask ann@example.com"}}""");
        await socket.SayAsync("""{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"},{"type":"input_text","text":"there"}]}}""");
        await socket.SayAsync($$"""{"type":"input_audio_buffer.append","audio":"{{new string('A', 4000)}}"}""");
        await socket.SayAsync("""{"type":"response.create"}""");
        await socket.HearUntilAsync("response.done");
        await socket.SayAsync("""{"type":"response.create","response":{"instructions":"Go on"}}""");
        await socket.HearUntilAsync("response.done");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancel);

        var row = await gateway.RowAsync(socket.HttpResponseHeaders?["x-request-id"].Single() ?? "");
        Assert.Equal(
            """{"events":[{"type":"session.update","instructions":"Be brief. Ask [redacted:email]"},{"type":"conversation.item.create","role":"user","text":"Hi\nthere"}],"audio_bytes":3000}""",
            Text(row, "prompt"));
        Assert.Equal("Hello", Text(row, "answer"));
        var second = await OtherRowAsync(gateway, Text(row, "id") ?? "");
        Assert.Equal(("""{"events":[{"type":"response.create","instructions":"Go on"}]}""", "Hello"), (Text(second, "prompt"), Text(second, "answer")));
    }

    [Fact]
    public async Task A_realtime_session_whose_key_keeps_no_prompts_keeps_none()
    {
        await using var provider = await RealtimeProvider.StartAsync();
        await using var gateway = await GatewayHost.StartBeforeAsync(provider.BaseUrl);
        using var socket = await OpenAsync(gateway, await gateway.NewKeyAsync(new { name = "quiet", log_prompts = false }));
        await socket.SayAsync("""{"type":"response.create","response":{"instructions":"Go on"}}""");
        await socket.HearUntilAsync("response.done");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancel);

        var row = await gateway.RowAsync(socket.HttpResponseHeaders?["x-request-id"].Single() ?? "");

        Assert.Equal((false, "off"), (row.TryGetProperty("prompt", out _), Text(row, "content_absent")));
    }

    private static async Task<JsonElement> OtherRowAsync(GatewayHost gateway, string first)
    {
        while (true)
        {
            using var list = JsonDocument.Parse(await gateway.Admin.GetStringAsync(new Uri("/admin/requests", UriKind.Relative), Cancel));
            if (list.RootElement.GetProperty("data").EnumerateArray().FirstOrDefault(row => Text(row, "id") != first) is { ValueKind: JsonValueKind.Object } other)
            {
                return await gateway.RowAsync(Text(other, "id") ?? "");
            }
        }
    }

    private static async Task<ClientWebSocket> OpenAsync(GatewayHost gateway, string key)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", "Bearer " + key);
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{gateway.Address.Port}/v1/realtime?model=gpt-4o"), Cancel);
        return socket;
    }

    private static string? Text(JsonElement row, string name) => row.TryGetProperty(name, out var value) ? value.GetString() : null;
}
