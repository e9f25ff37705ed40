using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Uploads;

/// <summary>Calls whose request is a form with files.</summary>
public sealed class UploadTests
{
    private const string Transcript = """{"text":"Hello","usage":{"type":"tokens","input_tokens":14,"output_tokens":10,"total_tokens":24}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_form_passes_byte_for_byte_but_for_the_models_name_wherever_it_stands(bool modelFirst)
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Models:1:Name=listen", "--Gateway:Models:1:Targets:0:Provider=fake", "--Gateway:Models:1:Targets:0:Model=whisper-other", "--Gateway:Uploads:MemoryBytes=65536");
        using var caller = await gateway.NewCallerAsync();
        var audio = Noise(300_000);

        byte[] Form(string model) => modelFirst
            ? Forms.Bytes(Forms.Field("model", model), Forms.File("file", audio), Forms.Field("prompt", "names"))
            : Forms.Bytes(Forms.File("file", audio), Forms.Field("prompt", "names"), Forms.Field("model", model));
        using var response = await caller.UploadAsync("/v1/audio/transcriptions", Form("listen"), Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Transcript, await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(Form("whisper-other"), upstream.Calls.Single().Body);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("audio/transcriptions", "listen", "whisper-other", 14, 10), (Text(row, "endpoint"), Text(row, "model"), Text(row, "upstream_model"), row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64()));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(gateway.DataDirectory, "uploads")));
    }

    [Theory]
    [InlineData("""{"text":"x","usage":{"type":"duration","seconds":90}}""", 0.009)]
    [InlineData("""{"task":"transcribe","language":"english","duration":60.5,"text":"x","segments":[]}""", 0.00605)]
    public async Task Audio_is_billed_by_the_length_that_the_answer_tells(string answer, double cost)
    {
        await using var upstream = FakeUpstream.Answering(answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, Priced("PerMinute=0.006"));
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.UploadAsync("/v1/audio/translations", Audio(1000), Cancel);

        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal((0, 0, cost), (row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64(), row.GetProperty("cost_usd").GetDouble()));
    }

    [Fact]
    public async Task Audio_whose_length_nobody_tells_is_billed_by_its_own_header()
    {
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync("1\n00:00:00,000 --> 00:00:02,000\nHi\n", contentType: "text/plain"));
        await using var gateway = await GatewayHost.StartAsync(upstream, Priced("PerMinute=0.006"));
        using var caller = await gateway.NewCallerAsync();

        // A minute of 16 bit at 16 kHz.
        using var response = await caller.UploadAsync("/v1/audio/transcriptions", Forms.Bytes(Forms.File("file", Wav(60)), Forms.Field("model", "gpt-4o"), Forms.Field("response_format", "srt")), Cancel);

        Assert.StartsWith("1\n", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(0.006, (await gateway.RowAsync(response.RequestId())).GetProperty("cost_usd").GetDouble(), 4);
    }

    [Fact]
    public async Task A_limit_in_usd_refuses_audio_that_may_be_too_long()
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream, Priced("PerMinute=0.006"));
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "usd", limit = 0.01, per = "day" } } });

        using var fits = await caller.UploadAsync("/v1/audio/transcriptions", Forms.Bytes(Forms.File("file", Wav(60)), Forms.Field("model", "gpt-4o")), Cancel);
        using var tooLong = await caller.UploadAsync("/v1/audio/transcriptions", Forms.Bytes(Forms.File("file", Wav(120)), Forms.Field("model", "gpt-4o")), Cancel);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (fits.StatusCode, tooLong.StatusCode));
        Assert.Single(upstream.Calls);
        Assert.Equal("denied", Text(await gateway.RowAsync(tooLong.RequestId()), "outcome"));
    }

    [Fact]
    public async Task Images_may_leave_out_their_model_and_nothing_is_added()
    {
        await using var upstream = FakeUpstream.Answering("""{"created":1,"data":[{"b64_json":"x"},{"b64_json":"y"}]}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Models:1:Name=dall-e-2", "--Gateway:Models:1:Targets:0:Provider=fake", "--Gateway:Models:1:Targets:0:Model=other");
        using var caller = await gateway.NewCallerAsync();
        var form = Forms.Bytes(Forms.File("image", Noise(100)), Forms.Field("n", "2"));

        using var response = await caller.UploadAsync("/v1/images/variations", form, Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(form, upstream.Calls.Single().Body);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("dall-e-2", "other"), (Text(row, "model"), Text(row, "upstream_model")));
    }

    [Fact]
    public async Task Pictures_are_billed_one_by_one()
    {
        await using var upstream = FakeUpstream.Answering("""{"created":1,"data":[{"b64_json":"x"},{"b64_json":"y"}]}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, Priced("PerImage=0.02"));
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.UploadAsync("/v1/images/edits", Forms.Bytes(Forms.File("image", Noise(100)), Forms.Field("model", "gpt-4o"), Forms.Field("n", "2")), Cancel);

        Assert.Equal(0.04, (await gateway.RowAsync(response.RequestId())).GetProperty("cost_usd").GetDouble(), 4);
    }

    [Fact]
    public async Task A_model_that_is_no_text_is_refused()
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Models:1:Name=*", "--Gateway:Models:1:Targets:0:Provider=fake");
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.UploadAsync("/v1/audio/transcriptions", Forms.Bytes(("model", null, [0xFF, 0xFE]), Forms.File("file", [1])), Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.DoesNotContain(upstream.Calls, call => call.RequestLine.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_streamed_transcript_passes_event_by_event_with_its_usage()
    {
        var events = Encoding.UTF8.GetBytes("""
            data: {"type":"transcript.text.delta","delta":"Hel"}

            data: {"type":"transcript.text.done","text":"Hello","usage":{"type":"tokens","input_tokens":14,"output_tokens":10,"total_tokens":24}}


            """.ReplaceLineEndings("\n"));
        await using var upstream = FakeUpstream.Streaming(events);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.UploadAsync("/v1/audio/transcriptions", Forms.Bytes(Forms.File("file", Noise(10)), Forms.Field("model", "gpt-4o"), Forms.Field("stream", "true")), Cancel);

        Assert.Equal(events, await response.Content.ReadAsByteArrayAsync(Cancel));
        var row = await gateway.RowAsync(response.RequestId());
        Assert.True(row.GetProperty("stream").GetBoolean());
        Assert.Equal(("provider", 14), (Text(row, "token_source"), row.GetProperty("input_tokens").GetInt64()));
    }

    [Fact]
    public async Task Speech_passes_untouched_and_is_billed_by_its_characters()
    {
        var sound = Noise(100_000);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("audio/mpeg");
            await call.ChunkAsync(sound);
            await call.EndChunksAsync();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream, Priced("PerMillionCharacters=15"));
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync("""{"model":"gpt-4o","voice":"alloy","input":"Gr\u00fc\u00df 🦊\n!"}""", "/v1/audio/speech", Cancel);

        Assert.Equal(sound, await response.Content.ReadAsByteArrayAsync(Cancel));
        // 8 characters: 120 micro-dollars.
        Assert.Equal(0.00012, (await gateway.RowAsync(response.RequestId())).GetProperty("cost_usd").GetDouble(), 6);
    }

    [Theory]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n--B--", "model given twice")]
    [InlineData("Content-Disposition: form-data; name=\"Model\"\r\n\r\ngpt-4o\r\n--B--", "another case")]
    [InlineData("Content-Disposition: form-data; name=\"model\"; filename=\"x\"\r\n\r\ngpt-4o\r\n--B--", "the model as a file")]
    [InlineData("Content-Disposition: form-data; name=\"model\"; name=\"x\"\r\n\r\ngpt-4o\r\n--B--", "two names")]
    [InlineData("Content-Disposition: form-data; name=\"mo\\del\"\r\n\r\ngpt-4o\r\n--B--", "an escaped name")]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ngpt-4o\r\n--B--", "two dispositions")]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64\r\n\r\nZ3B0\r\n--B--", "encoded")]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\n--B\r\ny\r\n--B--", "a boundary behind half a line end")]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n--Bx\r\n--B--", "a boundary that goes on")]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n--B--\r\n--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n--B--", "text behind the end")]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\n\r\n--B--", "no content")]
    [InlineData("Content-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n", "no end")]
    [InlineData("X: y\r\n\r\ngpt-4o\r\n--B--", "no name")]
    public async Task What_two_parsers_could_take_apart_differently_is_refused(string parts, string why)
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        var (status, code) = await SendAsync(caller, "--B\r\n" + parts, "multipart/form-data; boundary=B");

        Assert.Equal((why, 400, "invalid_request"), (why, status, code));
        Assert.Empty(upstream.Calls);
    }

    [Theory]
    [InlineData("multipart/form-data", "--B--", 400, "invalid_request")]
    [InlineData("multipart/form-data; boundary=B; boundary=C", "--B--", 400, "invalid_request")]
    [InlineData("application/json", "{}", 415, "unsupported_media_type")]
    [InlineData("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--B--", 400, "missing_model")]
    [InlineData("multipart/form-data; boundary=B", "preamble\r\n--B--", 400, "invalid_request")]
    [InlineData("multipart/form-data; boundary=B", "", 400, "invalid_request")]
    public async Task A_form_that_is_none_is_refused(string type, string body, int status, string code)
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        Assert.Equal((status, code), await SendAsync(caller, body, type));
    }

    [Fact]
    public async Task Huge_headers_and_thousands_of_parts_are_refused()
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        var many = string.Concat(Enumerable.Repeat("--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n", 5000)) + "--B--";

        Assert.Equal((400, "invalid_request"), await SendAsync(caller, many, "multipart/form-data; boundary=B"));
        Assert.Equal((400, "invalid_request"), await SendAsync(caller, $"--B\r\nX: {new string('x', 100_000)}\r\n\r\ny\r\n--B--", "multipart/form-data; boundary=B"));
    }

    [Fact]
    public async Task An_upload_beyond_the_limit_is_a_413_and_leaves_no_file()
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Uploads:MaxBytes=1048576");
        using var caller = await gateway.NewCallerAsync();

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/audio/transcriptions") { Content = Forms.Content(Audio(2 << 20)) };
        request.Headers.TransferEncodingChunked = true;
        using var response = await caller.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Empty(upstream.Calls);
    }

    [Fact]
    public async Task A_start_clears_what_a_process_that_died_left()
    {
        await using var upstream = FakeUpstream.Answering(Transcript);
        using var data = new TempFolder();
        Directory.CreateDirectory(data.File("uploads"));
        await File.WriteAllTextAsync(data.File("uploads/left"), "x", Cancel);

        await using var gateway = await GatewayProcess.StartAsync(data.Path, $"--Gateway:DataDirectory={data.Path}", "--Gateway:DiscoverProviders=false");

        Assert.False(File.Exists(data.File("uploads/left")));
    }

    private static async Task<(int Status, string? Code)> SendAsync(HttpClient caller, string body, string type)
    {
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.TryAddWithoutValidation("content-type", type);
        using var response = await caller.PostAsync(new Uri("/v1/audio/transcriptions", UriKind.Relative), content, Cancel);
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        return ((int)response.StatusCode, error.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    private static string[] Priced(string price) => [$"--Gateway:Models:0:Price:{price}"];

    private static byte[] Audio(int bytes) => Forms.Bytes(Forms.File("file", Noise(bytes)), Forms.Field("model", "gpt-4o"));

    private static byte[] Noise(int bytes)
    {
        var noise = new byte[bytes];
        new Random(7).NextBytes(noise);
        return noise;
    }

    private static byte[] Wav(int seconds)
    {
        using var wav = new MemoryStream();
        using var write = new BinaryWriter(wav);
        write.Write("RIFF"u8);
        write.Write(36 + (seconds * 32_000));
        write.Write("WAVEfmt "u8);
        write.Write(16);
        write.Write((short)1);
        write.Write((short)1);
        write.Write(16_000);
        write.Write(32_000);
        write.Write((short)2);
        write.Write((short)16);
        write.Write("data"u8);
        write.Write(seconds * 32_000);
        write.Write(new byte[(seconds * 32_000) - 44]);
        return wav.ToArray();
    }

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();
}
