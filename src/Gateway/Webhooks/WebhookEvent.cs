using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Webhooks;

/// <summary>One event, the same for every receiver and attempt.</summary>
/// <param name="Id">Follows from what is told and from nothing else: whoever tells it again, another replica too, tells it by the same id.</param>
/// <param name="Type">One of <see cref="WebhookEventType"/>.</param>
/// <param name="Body">The JSON that is sent and signed.</param>
internal sealed record WebhookEvent(string Id, string Type, byte[] Body)
{
    private static readonly JsonSerializerOptions Snake = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="type">One of <see cref="WebhookEventType"/>.</param>
    /// <param name="id">As <see cref="IdOf"/> makes it.</param>
    /// <param name="time">When it was seen.</param>
    /// <param name="data">A record; its properties are written in snake_case.</param>
    public static WebhookEvent Of<T>(string type, string id, DateTimeOffset time, T data) =>
        new(id, type, JsonSerializer.SerializeToUtf8Bytes(new Envelope<T>(id, type, WholeSeconds(time), data), Snake));

    public static string IdOf(string type, params ReadOnlySpan<string> what)
    {
        // A zero byte divides: neither ids nor names hold one.
        var identity = $"{type}\0{string.Join('\0', what)}";
        return $"evt_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16))}";
    }

    private static DateTime WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds()).UtcDateTime;

    private sealed record Envelope<T>(string Id, string Type, DateTime Timestamp, T Data);
}
