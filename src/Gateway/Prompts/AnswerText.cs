using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.OpenAi;

namespace Gateway.Prompts;

/// <summary>An answer in its column: compact JSON, a list of parts in the order in which they began.</summary>
internal static partial class AnswerText
{
    public static string KindOf(int channel) => channel switch
    {
        AnswerChannel.Content => "content",
        AnswerChannel.Reasoning => "reasoning",
        AnswerChannel.Refusal => "refusal",
        AnswerChannel.FunctionCall => "function_call",
        _ => "tool_call",
    };

    public static int? IndexOf(int channel) => channel >= AnswerChannel.FirstToolCall ? channel - AnswerChannel.FirstToolCall : null;

    public static IReadOnlyList<AnswerPartText> Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, AnswerJson.Default.AnswerPartTextArray) ?? [];

    /// <summary>The answer as one text to read: its content, where there is no more to it.</summary>
    public static string Join(IReadOnlyList<AnswerPartText> parts) => string.Join('\n', parts.Select(part => part.Text));

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(AnswerPartText[]))]
    private sealed partial class AnswerJson : JsonSerializerContext;
}
