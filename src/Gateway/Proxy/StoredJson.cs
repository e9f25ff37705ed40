using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>The few fields of providers' objects (files, batches) that the gateway acts on. What is not valid JSON has none.</summary>
internal sealed record StoredJson
{
    public string? Id { get; private init; }

    public string? Status { get; private init; }

    public string? Model { get; private init; }

    public string? InputFile { get; private init; }

    /// <summary>What the batch wrote its answers to.</summary>
    public string? OutputFile { get; private init; }

    public string? ErrorFile { get; private init; }

    /// <summary>What the batch used, where its object tells.</summary>
    public TokenUsage? Usage { get; private init; }

    /// <summary>Whether a field that matters stands there twice: then nobody can say what it means upstream.</summary>
    public bool IsAmbiguous { get; private init; }

    public static StoredJson Read(ReadOnlySpan<byte> json)
    {
        var read = new StoredJson();
        try
        {
            var reader = new Utf8JsonReader(json, BodyJson.Options);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            {
                return new StoredJson();
            }

            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                var text = reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
                read = name switch
                {
                    "id" => read with { Id = text },
                    "status" => read with { Status = text },
                    "model" => read with { Model = text },
                    "input_file_id" => read with { InputFile = text, IsAmbiguous = read.InputFile is not null },
                    "output_file_id" => read with { OutputFile = text },
                    "error_file_id" => read with { ErrorFile = text },
                    "usage" when reader.TokenType is JsonTokenType.StartObject => read with { Usage = ReadUsage(ref reader, json) },
                    _ => read,
                };
                reader.Skip();
            }

            return read;
        }
        catch (JsonException)
        {
            return new StoredJson();
        }
    }

    private static TokenUsage? ReadUsage(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var usage = new UsageReader(ApiEndpoint.Batches);
        usage.Read(json[start..(int)reader.BytesConsumed]);
        return usage.Usage;
    }
}
