using System.Text.Json;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Proxy;

/// <summary>The body of <c>POST /v1/feedback</c>.</summary>
internal sealed record FeedbackRequest(RatedCall Call, bool IsUp, string? Comment)
{
    private const int MaxId = 256;

    /// <summary>The longest comment, in UTF-16 units.</summary>
    private const int MaxComment = 4_000;

    private static readonly string[] Fields = ["request_id", "completion_id", "rating", "comment"];

    public static Outcome<FeedbackRequest> Read(ReadOnlySpan<byte> body)
    {
        if (JsonBytes.FindFault(body) is { } fault)
        {
            return fault;
        }

        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        try
        {
            return ReadFields(body, values) is { } error ? error : Resolve(values);
        }
        catch (JsonException)
        {
            return GatewayError.InvalidJson("The body is not a valid JSON object.");
        }
    }

    private static GatewayError? ReadFields(ReadOnlySpan<byte> body, Dictionary<string, string?> values)
    {
        var reader = new Utf8JsonReader(body, BodyJson.Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return GatewayError.InvalidRequest("The body must be a JSON object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString() ?? "";
            reader.Read();
            if (!Fields.Contains(name))
            {
                return GatewayError.UnknownField(name, Fields);
            }

            if (values.ContainsKey(name))
            {
                return GatewayError.InvalidRequest($"The field '{name}' is given twice.", name);
            }

            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            {
                return GatewayError.InvalidRequest($"'{name}' must be a string.", name);
            }

            values[name] = reader.GetString();
        }

        // What follows the object makes the whole no JSON: the reader throws.
        reader.Read();
        return null;
    }

    private static Outcome<FeedbackRequest> Resolve(Dictionary<string, string?> values)
    {
        var request = values.GetValueOrDefault("request_id");
        var completion = values.GetValueOrDefault("completion_id");
        if ((request is null) == (completion is null) || (request ?? completion) is not { Length: > 0 and <= MaxId })
        {
            return GatewayError.InvalidRequest("Give either 'request_id', the answer's x-request-id, or 'completion_id', the answer's own id.", "request_id");
        }

        var rating = values.GetValueOrDefault("rating");
        if (rating is not ("up" or "down"))
        {
            return GatewayError.InvalidRequest("'rating' must be \"up\" or \"down\".", "rating");
        }

        var comment = values.GetValueOrDefault("comment");
        return comment is { Length: > MaxComment }
            ? GatewayError.InvalidRequest($"'comment' must have at most {MaxComment} characters.", "comment")
            : new FeedbackRequest(new RatedCall(request is null ? null : new RequestId(request), completion), rating == "up", comment is "" ? null : comment);
    }
}
