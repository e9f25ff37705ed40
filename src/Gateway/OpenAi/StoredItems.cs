using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>
/// What a body of the Responses API only names, for the provider to put in what it has stored: a conversation, and items of <c>input</c>. A reference to an item may say so by
/// its type, or have no type; what has a role is a message.
/// </summary>
internal static class StoredItems
{
    private const string Input = "input";

    /// <summary>Looks through <c>input</c> for references.</summary>
    /// <param name="json">At the field's value; at its end afterwards.</param>
    /// <param name="found">Becomes the field's name where there is one.</param>
    public static GatewayError? Read(ref Utf8JsonReader json, ref string? found)
    {
        if (json.TokenType is not JsonTokenType.StartArray)
        {
            return BodyJson.Skip(ref json);
        }

        while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
        {
            if (json.TokenType is not JsonTokenType.StartObject)
            {
                if (BodyJson.Skip(ref json) is { } wrong)
                {
                    return wrong;
                }

                continue;
            }

            if (ReadItem(ref json, out var isReference) is { } error)
            {
                return error;
            }

            found = isReference ? Input : found;
        }

        return null;
    }

    /// <param name="json">At the field's value; at its end afterwards.</param>
    /// <param name="id">The conversation: a string, or an object that has its id. Null where the field says that there is none.</param>
    public static GatewayError? ReadConversation(ref Utf8JsonReader json, out string? id)
    {
        id = null;
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                id = BodyJson.ReadText(ref json, EnvelopeReader.MaxUserLength);
                return null;
            case not JsonTokenType.StartObject:
                return GatewayError.InvalidRequest("The field 'conversation' must be a string or an object.", "conversation");
        }

        id = "";
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var isId = json.ValueTextEquals("id"u8);
            json.Read();
            id = isId && json.TokenType is JsonTokenType.String ? BodyJson.ReadText(ref json, EnvelopeReader.MaxUserLength) : id;
            if (BodyJson.Skip(ref json) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static GatewayError? ReadItem(ref Utf8JsonReader json, out bool isReference)
    {
        var (isNamed, isWhole) = (false, false);
        isReference = false;
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            var isType = json.ValueTextEquals("type"u8);
            isNamed |= json.ValueTextEquals("id"u8);
            isWhole |= json.ValueTextEquals("role"u8);
            json.Read();
            if (isType && json.TokenType is JsonTokenType.String)
            {
                var saysSo = json.ValueTextEquals("item_reference"u8);
                isReference |= saysSo;
                isWhole |= !saysSo;
            }

            if (BodyJson.Skip(ref json) is { } error)
            {
                return error;
            }
        }

        isReference |= isNamed && !isWhole;
        return null;
    }
}
