using System.Text.Json;

namespace Gateway.Hosting;

/// <summary>Finds the line of a JSON file on which a setting stands.</summary>
internal static class JsonLines
{
    /// <param name="json">The file, with or without a mark of its byte order.</param>
    /// <param name="path">The setting's path, names and places of lists divided by colons.</param>
    /// <returns>The line, counted from 1; null where the file does not hold the setting or is no JSON.</returns>
    public static int? Find(ReadOnlySpan<byte> json, string path)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        ReadOnlySpan<byte> text = json.StartsWith(mark) ? json[mark.Length..] : json;
        try
        {
            return IndexOf(text, path) is { } index ? text[..index].Count((byte)'\n') + 1 : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int? IndexOf(ReadOnlySpan<byte> json, string path)
    {
        // The path of each open object or list, and how many items a list has had.
        var open = new Stack<(string Path, bool IsList, int Items)>();
        string current = "";
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                open.Pop();
                continue;
            }

            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                current = Below(open.Peek().Path, reader.GetString() ?? "");
            }
            else if (open.TryPeek(out (string Path, bool IsList, int Items) list) && list.IsList)
            {
                open.Pop();
                open.Push(list with { Items = list.Items + 1 });
                current = Below(list.Path, $"{list.Items}");
            }

            if (current.Length > 0 && current.Equals(path, StringComparison.OrdinalIgnoreCase))
            {
                return (int)reader.TokenStartIndex;
            }

            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                open.Push((current, reader.TokenType == JsonTokenType.StartArray, 0));
            }
        }

        return null;
    }

    private static string Below(string path, string name) => path.Length == 0 ? name : $"{path}:{name}";
}
