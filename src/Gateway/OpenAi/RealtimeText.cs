using System.Text;
using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>What one event of a realtime session says in words, and how much audio is in it. Of what is no JSON, nothing.</summary>
internal sealed class RealtimeText
{
    private const int MaxIndex = 1 << 10;

    /// <summary>Strings in fields of these names are said by somebody, at whatever depth they stand.</summary>
    private static readonly IReadOnlyList<string> Spoken = ["instructions", "role", "text", "transcript", "arguments", "output"];

    private readonly List<(string Name, string Text)> _words = [];

    private RealtimeText()
    {
    }

    public IReadOnlyList<(string Name, string Text)> Words => _words;

    /// <summary>The response that it is about.</summary>
    public string? ResponseId { get; private set; }

    public int OutputIndex { get; private set; }

    /// <summary>What it adds to a response, UTF-8.</summary>
    public byte[] Delta { get; private set; } = [];

    /// <summary>The function that its item calls, UTF-8.</summary>
    public byte[] FunctionName { get; private set; } = [];

    public long AudioBytes { get; private set; }

    public static RealtimeText Read(ReadOnlySpan<byte> message)
    {
        var read = new RealtimeText();
        try
        {
            var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 256 });
            string? parent = null;
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName)
                {
                    var name = Encoding.UTF8.GetString(reader.ValueSpan);
                    var depth = reader.CurrentDepth;
                    parent = depth == 1 ? name : parent;
                    reader.Read();
                    read.Take(ref reader, name, depth, parent);
                }
            }
        }
        catch (JsonException)
        {
            // It passes as it is; what was read of it until there stays.
        }

        return read;
    }

    private void Take(ref Utf8JsonReader reader, string name, int depth, string? parent)
    {
        if (reader.TokenType is JsonTokenType.Number && depth == 1 && name == "output_index")
        {
            OutputIndex = reader.TryGetInt32(out var index) ? Math.Clamp(index, 0, MaxIndex) : 0;
        }

        if (reader.TokenType is not JsonTokenType.String)
        {
            return;
        }

        if (name == "audio")
        {
            AudioBytes += reader.ValueSpan.Length / 4 * 3;
        }
        else if (depth == 1 && name == "delta")
        {
            Delta = TextAt(ref reader);
        }
        else if ((depth, name, parent) is (1, "response_id", _) or (2, "id", "response"))
        {
            ResponseId = Encoding.UTF8.GetString(reader.ValueSpan);
        }
        else if ((depth, name, parent) is (2, "name", "item"))
        {
            FunctionName = TextAt(ref reader);
        }
        else if (Spoken.Contains(name))
        {
            Add(name, Encoding.UTF8.GetString(TextAt(ref reader)));
        }
    }

    private void Add(string name, string text)
    {
        var at = _words.FindIndex(word => word.Name == name);
        if (at < 0)
        {
            _words.Add((name, text));
        }
        else
        {
            _words[at] = (name, $"{_words[at].Text}\n{text}");
        }
    }

    private static byte[] TextAt(ref readonly Utf8JsonReader reader)
    {
        var text = new byte[reader.ValueSpan.Length];
        return reader.ValueIsEscaped ? text[..JsonText.Unescape(reader.ValueSpan, text)] : reader.ValueSpan.ToArray();
    }
}
