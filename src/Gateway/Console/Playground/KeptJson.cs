using System.Text.Json.Serialization;

namespace Gateway.Console.Playground;

/// <summary>How a tab's conversations are written.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(KeptChat))]
internal sealed partial class KeptJson : JsonSerializerContext;
