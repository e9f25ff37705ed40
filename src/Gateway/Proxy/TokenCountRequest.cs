using System.Text.Json;
using System.Text.Unicode;
using Gateway.OpenAi;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>What a body of <c>tokens/count</c> asks for: an encoding, and either chat messages or a text to count in it.</summary>
internal sealed record TokenCountRequest(TokenEncoding Encoding, bool CountsMessages)
{
    private static readonly string[] Fields = ["model", "encoding", "input", "messages"];

    // As deep as any other request's body may be.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    public static Outcome<TokenCountRequest> Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            return GatewayError.InvalidJson("The request's body is not valid UTF-8.");
        }

        try
        {
            return ReadFields(body);
        }
        catch (JsonException)
        {
            return GatewayError.InvalidJson("The request's body is not valid JSON.");
        }
    }

    private static Outcome<TokenCountRequest> ReadFields(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return GatewayError.InvalidRequest("The request's body must be a JSON object.");
        }

        HashSet<string> seen = [];
        string? model = null, encoding = null;
        GatewayError? error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = FieldName(ref reader);
            reader.Read();
            error ??= CheckField(name, seen, ref reader);
            if (error is null && name == "model")
            {
                model = reader.GetString();
            }
            else if (error is null && name == "encoding")
            {
                encoding = reader.GetString();
            }

            reader.Skip();
        }

        // Reads to the end, where what follows the object is found to be no JSON.
        reader.Read();
        return error is not null ? error : Resolve(seen, model, encoding);
    }

    private static string FieldName(ref Utf8JsonReader reader)
    {
        foreach (var field in Fields)
        {
            if (reader.ValueSpan.Length <= 64 && !reader.ValueIsEscaped && reader.ValueTextEquals(field))
            {
                return field;
            }
        }

        return System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
    }

    private static GatewayError? CheckField(string name, HashSet<string> seen, ref Utf8JsonReader reader)
    {
        if (!Fields.Contains(name))
        {
            var shown = name.Length <= 64 ? name : name[..64] + "…";
            return GatewayError.InvalidRequest($"Unknown field '{shown}'. Accepted here: {string.Join(", ", Fields)}.", shown);
        }

        if (!seen.Add(name))
        {
            return GatewayError.InvalidRequest($"The field '{name}' is given twice.", name);
        }

        return name switch
        {
            "input" => CheckInput(reader),
            "messages" => CheckMessages(reader),
            _ when reader.TokenType == JsonTokenType.String && !HasLoneSurrogate(reader) => null,
            _ => GatewayError.InvalidRequest($"'{name}' must be a string.", name),
        };
    }

    // The readers below are copies: looking ahead in one leaves the caller's where it is.
    private static GatewayError? CheckInput(Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String || Holds(reader, JsonTokenType.String))
        {
            return null;
        }

        return GatewayError.InvalidRequest("'input' must be a string or an array of strings.", "input");
    }

    private static GatewayError? CheckMessages(Utf8JsonReader reader) =>
        Holds(reader, JsonTokenType.StartObject)
            ? null
            : GatewayError.InvalidRequest("'messages' must be an array of messages.", "messages");

    private static bool Holds(Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != type)
            {
                return false;
            }

            reader.Skip();
        }

        return true;
    }

    private static bool HasLoneSurrogate(Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return false;
        }

        try
        {
            _ = reader.GetString();
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static Outcome<TokenCountRequest> Resolve(HashSet<string> seen, string? model, string? encoding)
    {
        if (seen.Contains("input") == seen.Contains("messages"))
        {
            return GatewayError.InvalidRequest("Give either 'input' or 'messages'.", "input");
        }

        if (encoding is not null)
        {
            return TokenEncodings.TryFind(encoding, out var known)
                ? new TokenCountRequest(known, seen.Contains("messages"))
                : GatewayError.InvalidRequest(
                    $"Unknown encoding. Accepted here: {string.Join(", ", TokenEncodings.All)}.", "encoding");
        }

        return string.IsNullOrEmpty(model)
            ? GatewayError.InvalidRequest("Give 'model' or 'encoding'.", "model")
            : new TokenCountRequest(ModelEncodings.For(model), seen.Contains("messages"));
    }
}
