using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Hosting;

/// <summary>The API's description as one page of plain HTML: no script, nothing loaded from anywhere, and a policy that forbids both.</summary>
internal static class ApiPage
{
    private const string Style =
        """
        :root{color-scheme:light dark}
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
        code,pre{font:14px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
        h2{margin-top:2.5rem;border-bottom:1px solid;padding-bottom:.25rem}
        h3{margin:2rem 0 .25rem}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8886}
        th:first-child,td:first-child{width:11rem}
        nav ul{columns:18rem;padding-left:1.25rem}
        .auth{font-size:.875rem}
        """;

    public static string SecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static byte[] Write(JsonElement document)
    {
        var page = new StringBuilder();
        var info = document.GetProperty("info");
        var title = Text(info, "title");
        page.Append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>")
            .Append(title).Append(" API</title><style>").Append(Style).Append("</style></head><body><main><h1>").Append(title).Append(" API</h1><p>")
            .Append(Text(info, "description")).Append("</p><p>For machines: <a href=\"/openapi/v1.json\"><code>/openapi/v1.json</code></a>.</p>");
        var operations = Operations(document).ToList();
        foreach (var tag in document.GetProperty("tags").EnumerateArray().Select(tag => Text(tag, "name")))
        {
            var own = operations.Where(operation => operation.Tag == tag).ToList();
            page.Append("<h2>").Append(tag).Append("</h2><nav aria-label=\"").Append(tag).Append("\"><ul>");
            own.ForEach(operation => page.Append("<li><a href=\"#").Append(operation.Anchor).Append("\"><code>").Append(operation.Line).Append("</code></a></li>"));
            page.Append("</ul></nav>");
            own.ForEach(operation => WriteOperation(page, document, operation));
        }

        page.Append("<h2>What is sent and answered</h2>");
        foreach (var schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            page.Append("<h3 id=\"").Append(schema.Name).Append("\">").Append(schema.Name).Append("</h3>");
            Paragraph(page, Text(schema.Value, "description"));
            WriteFields(page, schema.Value);
        }

        return Encoding.UTF8.GetBytes(page.Append("</main></body></html>\n").ToString());
    }

    private static IEnumerable<ApiOperation> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from method in path.Value.EnumerateObject()
        select new ApiOperation(method.Name.ToUpperInvariant(), path.Name, method.Value);

    private static void WriteOperation(StringBuilder page, JsonElement document, ApiOperation operation)
    {
        page.Append("<h3 id=\"").Append(operation.Anchor).Append("\"><code>").Append(operation.Line).Append("</code></h3><p>")
            .Append(Text(operation.Value, "summary")).Append(". <span class=\"auth\">").Append(operation.Auth).Append("</span></p>");
        Paragraph(page, Text(operation.Value, "description"));
        if (operation.Value.TryGetProperty("parameters", out var parameters))
        {
            page.Append("<table><thead><tr><th>Parameter</th><th>Type</th><th>Meaning</th></tr></thead><tbody>");
            foreach (var parameter in parameters.EnumerateArray().Select(parameter => Resolve(document, parameter)))
            {
                Row(page, Text(parameter, "name"), TypeOf(parameter.GetProperty("schema")), Text(parameter, "description"));
            }

            page.Append("</tbody></table>");
        }

        if (operation.Value.TryGetProperty("requestBody", out var body))
        {
            var content = body.GetProperty("content").EnumerateObject().First();
            var schema = content.Value.GetProperty("schema");
            page.Append("<p>Body: ").Append(TypeOf(schema)).Append(content.Name == "application/json" ? "" : $", as {content.Name}").Append("</p>");
            WriteFields(page, schema);
        }

        page.Append("<table><thead><tr><th>Status</th><th>Answer</th><th>Meaning</th></tr></thead><tbody>");
        foreach (var response in operation.Value.GetProperty("responses").EnumerateObject())
        {
            var answer = Resolve(document, response.Value);
            var types = answer.TryGetProperty("content", out var bodies) ? bodies.EnumerateObject().Select(type => TypeOf(type.Value.GetProperty("schema"))).Distinct() : [];
            Row(page, response.Name, string.Join(" or ", types), Text(answer, "description"));
        }

        page.Append("</tbody></table>");
    }

    private static void WriteFields(StringBuilder page, JsonElement schema)
    {
        if (!schema.TryGetProperty("properties", out var fields))
        {
            return;
        }

        page.Append("<table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>");
        foreach (var field in fields.EnumerateObject())
        {
            Row(page, WebUtility.HtmlEncode(field.Name), TypeOf(field.Value), Text(field.Value, "description"));
        }

        page.Append("</tbody></table>");
    }

    private static JsonElement Resolve(JsonElement document, JsonElement element) => element.TryGetProperty("$ref", out var reference)
        ? (reference.GetString() ?? "").Split('/').Skip(1).Aggregate(document, (at, name) => at.GetProperty(name))
        : element;

    /// <summary>A schema's type in words, as HTML.</summary>
    private static string TypeOf(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            var name = WebUtility.HtmlEncode((reference.GetString() ?? "").Split('/')[^1]);
            return $"<a href=\"#{name}\">{name}</a>";
        }

        if (schema.TryGetProperty("enum", out var values))
        {
            return string.Join(" | ", values.EnumerateArray().Select(value => $"<code>{WebUtility.HtmlEncode(value.ToString() is { Length: > 0 } text ? text : "null")}</code>"));
        }

        var type = !schema.TryGetProperty("type", out var named) ? ""
            : named.ValueKind == JsonValueKind.Array ? string.Join(" or ", named.EnumerateArray().Select(one => one.ToString()))
            : named.ToString();
        return schema.TryGetProperty("items", out var items) ? $"{type} of {TypeOf(items)}" : WebUtility.HtmlEncode(type);
    }

    private static void Paragraph(StringBuilder page, string text) => page.Append(text.Length > 0 ? $"<p>{text}</p>" : "");

    private static void Row(StringBuilder page, string name, string type, string meaning) =>
        page.Append("<tr><td><code>").Append(name).Append("</code></td><td>").Append(type).Append("</td><td>").Append(meaning).Append("</td></tr>");

    private static string Text(JsonElement element, string name) => WebUtility.HtmlEncode(element.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "");
}
