using System.Text;

namespace Gateway.UnitTests.Proxy;

/// <summary>Writes valid bodies of any shape: fields in any order, any white space, escapes, nested decoys of the fields that matter.</summary>
internal sealed class RandomBody(Random random)
{
    private static readonly string[] Spaces = ["", "", "", " ", "\n", "\r\n\t", "  "];
    private static readonly string[] Letters = ["a", "ü", "漢", "😀", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "{", "}", ",", ":", "\\\\ud800"];
    private static readonly string[] DecoyNames = ["model", "stream", "stream_options", "Model", "x", "n", "temperature"];
    private static readonly string[] StreamOptions = ["null", "{}", "{ }", "{\"include_usage\":false}", "{\"include_usage\": true }", "{\"a\":[],\"include_usage\":null}", "{\"a\" : {\"include_usage\":true}}"];

    private readonly StringBuilder _text = new();

    public string Write()
    {
        List<(string Name, Action Value)> fields = [("model", WriteText)];
        AddSometimes(fields, "stream", () => _text.Append(random.Next(4) == 0 ? "false" : "true"));
        AddSometimes(fields, "stream_options", () => _text.Append(Pick(StreamOptions)));
        AddSometimes(fields, "max_tokens", () => _text.Append(random.Next(1, 5000)));
        AddSometimes(fields, "temperature", () => _text.Append("0.70"));
        AddSometimes(fields, "seed", () => WriteValue(0));
        AddSometimes(fields, "logit_bias", () => WriteValue(0));
        AddSometimes(fields, "messages", () => WriteValue(0));
        AddSometimes(fields, "metadata", () => WriteValue(0));
        var order = fields.ToArray();
        random.Shuffle(order);

        Space();
        WriteObject(order);
        Space();
        return _text.ToString();
    }

    private void AddSometimes(List<(string Name, Action Value)> fields, string name, Action value)
    {
        if (random.Next(2) == 0)
        {
            fields.Add((name, value));
        }
    }

    private void WriteObject(IEnumerable<(string Name, Action Value)> fields)
    {
        WriteList('{', '}', fields.Select<(string Name, Action Value), Action>(field => () =>
        {
            WriteName(field.Name);
            Space();
            _text.Append(':');
            Space();
            field.Value();
        }));
    }

    private void WriteList(char open, char close, IEnumerable<Action> items)
    {
        _text.Append(open);
        Space();
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst)
            {
                _text.Append(',');
                Space();
            }

            isFirst = false;
            item();
            Space();
        }

        _text.Append(close);
    }

    private void WriteValue(int depth)
    {
        switch (random.Next(depth > 3 ? 4 : 6))
        {
            case 0:
                WriteText();
                break;
            case 1:
                _text.Append(Pick(["null", "true", "false"]));
                break;
            case 2:
                _text.Append(Pick(["0", "-1.50", "1e5", "12345678901234567890"]));
                break;
            case 3:
                _text.Append(Pick(["[]", "{}", "\"\""]));
                break;
            case 4:
                WriteList('[', ']', Enumerable.Range(0, random.Next(4)).Select<int, Action>(_ => () => WriteValue(depth + 1)));
                break;
            default:
                var names = DecoyNames.ToArray();
                random.Shuffle(names);
                WriteObject(names.Take(random.Next(4)).Select<string, (string, Action)>(name => (name, () => WriteValue(depth + 1))).ToArray());
                break;
        }
    }

    private void WriteName(string name)
    {
        var escaped = random.Next(8) == 0 ? random.Next(name.Length) : -1;
        _text.Append('"');
        for (var i = 0; i < name.Length; i++)
        {
            _text.Append(i == escaped ? $"\\u{(int)name[i]:x4}" : name[i]);
        }

        _text.Append('"');
    }

    private void WriteText()
    {
        _text.Append('"');
        for (var count = random.Next(1, 9); count > 0; count--)
        {
            _text.Append(Pick(Letters));
        }

        _text.Append('"');
    }

    private void Space() => _text.Append(Pick(Spaces));

    private string Pick(string[] among) => among[random.Next(among.Length)];
}
