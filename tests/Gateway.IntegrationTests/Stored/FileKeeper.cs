using System.Collections.Concurrent;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Stored;

/// <summary>A provider that keeps files and batches, with other people's among them.</summary>
internal sealed class FileKeeper
{
    private readonly ConcurrentDictionary<string, string> _contents = [];
    private readonly List<string> _files = ["file-foreign-1", "file-foreign-2"];
    private int _made;

    /// <summary>What a batch is from now on.</summary>
    public string Batch { get; set; } = """{"id":"batch_1","object":"batch","status":"in_progress","input_file_id":"file-1","output_file_id":null}""";

    public int PageSize { get; set; } = 2;

    public FakeUpstream Start() => FakeUpstream.Start(AnswerAsync);

    public void Put(string id, string content) => _contents[id] = content;

    private Task AnswerAsync(UpstreamCall call)
    {
        var line = call.RequestLine.Split(' ');
        var url = new Uri("http://x" + line[1]);
        return (line[0], url.AbsolutePath) switch
        {
            ("POST", "/v1/files") => call.RespondAsync(MakeFile(call.BodyText)),
            ("GET", "/v1/files") => call.RespondAsync(List(url.Query)),
            ("POST", "/v1/batches") => call.RespondAsync(Batch),
            ("GET", "/v1/batches") => call.RespondAsync($$"""{"object":"list","data":[{"id":"batch_foreign"},{{Batch}}],"has_more":false}"""),
            (_, var path) when path.StartsWith("/v1/batches/", StringComparison.Ordinal) => call.RespondAsync(Batch),
            ("GET", var path) when path.EndsWith("/content", StringComparison.Ordinal) => call.RespondAsync(_contents.GetValueOrDefault(path.Split('/')[3], "?"), contentType: "application/octet-stream"),
            ("DELETE", var path) => call.RespondAsync($$"""{"id":"{{path.Split('/')[3]}}","object":"file","deleted":true}"""),
            (_, var path) => call.RespondAsync($$"""{"id":"{{path.Split('/')[3]}}","object":"file"}"""),
        };
    }

    private string MakeFile(string body)
    {
        lock (_files)
        {
            var id = $"file-{++_made}";
            _contents[id] = body;
            _files.Insert(_made, id);
            return $$"""{"id":"{{id}}","object":"file"}""";
        }
    }

    private string List(string query)
    {
        var after = System.Web.HttpUtility.ParseQueryString(query)["after"];
        lock (_files)
        {
            var rest = _files.Skip(after is null ? 0 : _files.IndexOf(after) + 1).ToList();
            return JsonSerializer.Serialize(new { @object = "list", data = rest.Take(PageSize).Select(id => new { id }), has_more = rest.Count > PageSize });
        }
    }
}
