using System.Text;
using System.Text.Json;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>An answer as it stood on the wire, its chunks put together.</summary>
internal sealed record RawResponse(int Status, string StatusLine, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The value of a header that comes at most once; null where it is absent.</summary>
    public string? Header(string name) =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).SingleOrDefault();

    /// <summary>The <c>code</c> of an error body.</summary>
    public string? ErrorCode
    {
        get
        {
            using var json = JsonDocument.Parse(Body);
            return json.RootElement.GetProperty("error").GetProperty("code").GetString();
        }
    }
}
