namespace Gateway.IntegrationTests.Metering;

/// <summary>The lines of the matrix: one for each route that callers' keys open.</summary>
internal static class MeteredCalls
{
    private const string Tokens = "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18,\"prompt_tokens_details\":{\"cached_tokens\":3}}";
    private const string Inputs = "\"usage\":{\"type\":\"tokens\",\"input_tokens\":14,\"output_tokens\":10,\"total_tokens\":24}";
    private const string Response = "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi there\"}]}]," + Inputs + "}";
    private const string File = """{"id":"file-1","object":"file"}""";
    private const string Batch = """{"id":"batch_1","object":"batch","status":"in_progress","output_file_id":null}""";

    /// <summary>Answered by the gateway itself, or no HTTP calls: of no cost, or measured elsewhere.</summary>
    public static readonly IReadOnlyList<string> Exempt =
    [
        "GET models", "GET models/{**id}", "GET key", "POST tokens/count", "POST feedback",

        // RealtimeTests, ResponsesSocketTests.
        "GET realtime", "GET responses",
    ];

    public static readonly IReadOnlyList<MeteredCall> All =
    [
        new("POST", "chat/completions", MeteredCall.Json("""
            "messages":[{"role":"user","content":"Hello"}]
            """), "application/json", "{\"choices\":[{\"message\":{\"content\":\"Hi there\"}}]," + Tokens + "}")
        {
            Events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi there\"}}]}\n\ndata: {\"choices\":[]," + Tokens + "}\n\ndata: [DONE]\n\n",
        },
        new("POST", "completions", MeteredCall.Json("""
            "prompt":"Hello"
            """), "application/json", "{\"choices\":[{\"text\":\"Hi there\"}]," + Tokens + "}")
        {
            Events = "data: {\"choices\":[{\"index\":0,\"text\":\"Hi there\"}]}\n\ndata: {\"choices\":[]," + Tokens + "}\n\ndata: [DONE]\n\n",
        },
        new("POST", "embeddings", MeteredCall.Json("""
            "input":"Hello"
            """), "application/json", """{"data":[],"usage":{"prompt_tokens":5,"total_tokens":5}}"""),
        new("POST", "responses", MeteredCall.Json("""
            "input":"Hello"
            """), "application/json", Response)
        {
            Events = "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\"}}\n\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi there\"}\n\n"
                + "data: {\"type\":\"response.completed\",\"response\":" + Response + "}\n\n",
        },
        new("POST", "responses/compact", MeteredCall.Json("""
            "input":"Hello"
            """), "application/json", "{\"id\":\"c_1\",\"output\":[]," + Inputs + "}"),
        new("POST", "responses/input_tokens", MeteredCall.Json("""
            "input":"Hello"
            """), "application/json", """{"object":"response.input_tokens","input_tokens":11}"""),
        new("GET", "responses/{id}", null, "application/json", Response),
        new("DELETE", "responses/{id}", null, "application/json", """{"id":"resp_1","object":"response","deleted":true}"""),
        new("POST", "responses/{id}/cancel", null, "application/json", Response),
        new("GET", "responses/{id}/input_items", null, "application/json", """{"object":"list","data":[]}"""),
        new("POST", "messages", MeteredCall.Json("""
            "max_tokens":50,"messages":[{"role":"user","content":"Hello"}]
            """), "application/json", """{"id":"msg_1","content":[{"type":"text","text":"Hi there"}],"usage":{"input_tokens":4,"cache_read_input_tokens":7,"output_tokens":7}}""")
        {
            Events = """
                data: {"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":4,"cache_read_input_tokens":7,"output_tokens":1}}}

                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi there"}}

                data: {"type":"message_delta","delta":{},"usage":{"output_tokens":7}}


                """,
        },
        new("POST", "messages/count_tokens", MeteredCall.Json("""
            "messages":[]
            """), "application/json", """{"input_tokens":11}"""),
        new("POST", "moderations", MeteredCall.Json("""
            "input":"Hello"
            """), "application/json", """{"id":"modr_1","results":[]}"""),
        new("POST", "images/generations", MeteredCall.Json("""
            "prompt":"Hello"
            """), "application/json", "{\"created\":1,\"data\":[{}]," + Inputs + "}")
        {
            Events = "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"AA\"}\n\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"AA\"," + Inputs + "}\n\n",
        },
        new("POST", "audio/speech", MeteredCall.Json("""
            "input":"Hello","voice":"alloy"
            """), "audio/mpeg", "binary sound")
        {
            Events = "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AAAA\"}\n\ndata: {\"type\":\"speech.audio.done\"," + Inputs + "}\n\n",
        },
        new("POST", "audio/transcriptions", MeteredCall.Form("file", "model=gpt-4o"), "application/json", "{\"text\":\"Hi\"," + Inputs + "}")
        {
            Events = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hi\"}\n\ndata: {\"type\":\"transcript.text.done\",\"text\":\"Hi\"," + Inputs + "}\n\n",
        },
        new("POST", "audio/translations", MeteredCall.Form("file", "model=gpt-4o"), "application/json", """{"text":"Hi","usage":{"type":"duration","seconds":90}}"""),
        new("POST", "images/edits", MeteredCall.Form("image", "model=gpt-4o", "n=2"), "application/json", "{\"data\":[{},{}]," + Inputs + "}")
        {
            Events = "event: image_edit.completed\ndata: {\"type\":\"image_edit.completed\",\"b64_json\":\"AAAA\"," + Inputs + "}\n\n",
        },
        new("POST", "images/variations", MeteredCall.Form("image", "model=gpt-4o"), "application/json", """{"data":[{}]}"""),
        new("POST", "files", MeteredCall.Form("file", "purpose=batch"), "application/json", File),
        new("GET", "files", null, "application/json", "{\"object\":\"list\",\"data\":[" + File + "],\"has_more\":false}"),
        new("GET", "files/{id}", null, "application/json", File),
        new("DELETE", "files/{id}", null, "application/json", File),
        new("GET", "files/{id}/content", null, "application/octet-stream", "content"),
        new("POST", "batches", MeteredCall.Bare("""{"input_file_id":"file-1","endpoint":"/v1/chat/completions","completion_window":"24h"}"""), "application/json", Batch),
        new("GET", "batches", null, "application/json", "{\"object\":\"list\",\"data\":[" + Batch + "],\"has_more\":false}"),
        new("GET", "batches/{id}", null, "application/json", Batch),
        new("POST", "batches/{id}/cancel", null, "application/json", Batch),
    ];
}
