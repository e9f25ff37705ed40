using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>Writes times as the admin API promises them. Bodies that come in are read by hand, so it never reads.</summary>
internal sealed class AdminTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(WireTime.Write(value));
}
