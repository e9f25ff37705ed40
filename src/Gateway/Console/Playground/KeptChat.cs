using System.Text.Json.Serialization;

namespace Gateway.Console.Playground;

/// <summary>The playground as a browser's tab keeps it over a reload. Nowhere else: what is said there is the reader's own.</summary>
internal sealed record KeptChat(IReadOnlyList<KeptColumn> Columns, ChatParameters Parameters);

/// <summary>A model's conversation.</summary>
internal sealed record KeptColumn(string Model, IReadOnlyList<KeptTurn> Turns);

/// <summary>A message and what came back for it.</summary>
internal sealed record KeptTurn(string Text, IReadOnlyList<ChatImage> Images, KeptAnswer Answer);

/// <summary>An answer, as far as it came.</summary>
internal sealed record KeptAnswer(string Text, string Reasoning, string? RequestId, string? Error, string? ErrorCode, bool IsWhole, bool? Rating, string? Comment);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(KeptChat))]
internal sealed partial class KeptJson : JsonSerializerContext;
