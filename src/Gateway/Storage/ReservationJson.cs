using System.Text.Json.Serialization;

namespace Gateway.Storage;

/// <summary>A line of the <see cref="ReservationLog"/>.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReservationRow))]
internal sealed partial class ReservationJson : JsonSerializerContext;
