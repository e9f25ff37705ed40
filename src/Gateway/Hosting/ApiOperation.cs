using System.Net;
using System.Text.Json;

namespace Gateway.Hosting;

/// <summary>One call of the API's description.</summary>
internal sealed record ApiOperation(string Method, string Path, JsonElement Value)
{
    public string Line => WebUtility.HtmlEncode($"{Method} {Path}");

    public string Anchor { get; } = $"{Method}{Path}".ToLowerInvariant().Replace('/', '-').Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);

    public string Tag => Value.GetProperty("tags")[0].GetString() ?? "";

    public string Auth => Value.GetProperty("security").EnumerateArray().Select(scheme => scheme.EnumerateObject().First().Name).FirstOrDefault() switch
    {
        null => "Open.",
        "admin_key" => "Needs the admin key.",
        _ => "Needs a caller's key.",
    };
}
