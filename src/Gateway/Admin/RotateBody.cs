using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>Reads how long the secret of until now goes on working after a rotation: not at all where nothing is said, since most secrets are rotated because somebody saw them.</summary>
internal static class RotateBody
{
    private const int MaxGraceSeconds = 30 * 24 * 3600;

    private static readonly IReadOnlyList<string> Accepted = ["grace_seconds"];

    public static Outcome<TimeSpan> Read(JsonElement body)
    {
        var grace = TimeSpan.Zero;
        foreach (var field in body.EnumerateObject())
        {
            if (field.Name != "grace_seconds")
            {
                return GatewayError.UnknownField(field.Name, Accepted);
            }

            if (field.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (field.Value.ValueKind != JsonValueKind.Number || !field.Value.TryGetInt32(out var seconds) || seconds is < 0 or > MaxGraceSeconds)
            {
                return GatewayError.InvalidRequest($"'grace_seconds' must be a whole number of seconds from 0 to {MaxGraceSeconds} (30 days).", "grace_seconds");
            }

            grace = TimeSpan.FromSeconds(seconds);
        }

        return grace;
    }
}
