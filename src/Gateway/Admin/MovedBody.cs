using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>Reads an export, field by field, by the same rules as keys and teams that an admin makes; what is wrong is named by its place, as in <c>keys[3].limits</c>.</summary>
internal static class MovedBody
{
    /// <summary>The form that this version writes and reads.</summary>
    public const int Version = 1;

    private const int HintLength = 4;

    private static readonly IReadOnlyList<string> Accepted = ["version", "exported_at", "teams", "keys"];

    public static Outcome<(IReadOnlyList<MovedTeam> Teams, IReadOnlyList<MovedKey> Keys)> Read(JsonElement body)
    {
        IReadOnlyList<MovedTeam> teams = [];
        IReadOnlyList<MovedKey> keys = [];
        var hasVersion = false;
        foreach (var field in body.EnumerateObject())
        {
            GatewayError? refusal = null;
            switch (field.Name)
            {
                case "version":
                    hasVersion = field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt32(out var version) && version == Version;
                    break;
                case "exported_at":
                    break;
                case "teams":
                    refusal = ReadList(field, ReadTeam, team => team.Id.Value).TryGet(out var readTeams, out var noTeams) ? null : noTeams;
                    teams = readTeams ?? teams;
                    break;
                case "keys":
                    refusal = ReadList(field, ReadKey, key => key.Id.Value).TryGet(out var readKeys, out var noKeys) ? null : noKeys;
                    keys = readKeys ?? keys;
                    break;
                default:
                    return GatewayError.UnknownField(field.Name, Accepted);
            }

            if (refusal is not null)
            {
                return refusal;
            }
        }

        if (!hasVersion)
        {
            return GatewayError.InvalidRequest($"'version' must be {Version}: the body is what GET /admin/export answers.", "version");
        }

        return keys.GroupBy(key => key.Hash).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? GatewayError.InvalidRequest($"The keys {string.Join(" and ", twice.Select(key => key.Id))} have the same hash.", "keys")
            : (teams, keys);
    }

    private static Outcome<List<T>> ReadList<T>(JsonProperty list, Func<JsonElement, Outcome<T>> read, Func<T, string> idOf)
        where T : notnull
    {
        if (list.Value.ValueKind != JsonValueKind.Array)
        {
            return GatewayError.InvalidRequest($"'{list.Name}' must be a list.", list.Name);
        }

        var items = new List<T>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in list.Value.EnumerateArray())
        {
            var at = $"{list.Name}[{items.Count}]";
            var item = element.ValueKind == JsonValueKind.Object ? read(element) : GatewayError.InvalidRequest("It must be an object.");
            if (!item.TryGet(out var value, out var refusal))
            {
                return refusal with { Message = $"{at}: {refusal.Message}", Param = refusal.Param is { } param ? $"{at}.{param}" : at };
            }

            if (!ids.Add(idOf(value)))
            {
                return GatewayError.InvalidRequest($"{at}: The id {idOf(value)} is there twice.", at);
            }

            items.Add(value);
        }

        return items;
    }

    private static Outcome<MovedTeam> ReadTeam(JsonElement item)
    {
        var moved = new MovedTeam(new TeamId(""), new TeamSpec("", null, []), default);
        foreach (var field in item.EnumerateObject())
        {
            GatewayError? refusal = null;
            switch (field.Name)
            {
                case "id":
                    moved = moved with { Id = new TeamId(Text(field.Value)) };
                    break;
                case "created_at":
                    moved = moved with { CreatedAt = AdminTime.Parse(Text(field.Value)) ?? default };
                    break;
                default:
                    moved = TeamBody.With(moved.Spec, field).TryGet(out var spec, out refusal) ? moved with { Spec = spec } : moved;
                    break;
            }

            if (refusal is not null)
            {
                return refusal;
            }
        }

        return moved switch
        {
            { Id.IsWellFormed: false } => Missing("id", "a team's id, 'team_…'"),
            { Spec.Name: "" } => BodyFields.NameRefused(),
            _ when moved.CreatedAt == default => Missing("created_at", $"an RFC 3339 time such as {AdminTime.Example}"),
            _ => moved,
        };
    }

    private static Outcome<MovedKey> ReadKey(JsonElement item)
    {
        var moved = new MovedKey(new KeyId(""), default, "", KeyBody.Empty, default);
        foreach (var field in item.EnumerateObject())
        {
            GatewayError? refusal = null;
            switch (field.Name)
            {
                case "id":
                    moved = moved with { Id = new KeyId(Text(field.Value)) };
                    break;
                case "hash":
                    moved = moved with { Hash = ReadHash(Text(field.Value)) };
                    break;
                case "key_hint":
                    moved = moved with { Hint = BodyFields.Text(field.Value, HintLength) ?? "" };
                    break;
                case "created_at":
                    moved = moved with { CreatedAt = AdminTime.Parse(Text(field.Value)) ?? default };
                    break;
                default:
                    moved = KeyBody.With(moved.Spec, field).TryGet(out var spec, out refusal) ? moved with { Spec = spec } : moved;
                    break;
            }

            if (refusal is not null)
            {
                return refusal;
            }
        }

        return moved switch
        {
            { Id.IsWellFormed: false } => Missing("id", "a key's id, 'key_…'"),
            { Hint: "" } => Missing("key_hint", "the last characters of its secret"),
            { Spec.Name: "" } => BodyFields.NameRefused(),
            _ when moved.Hash == default => Missing("hash", "the SHA-256 of its secret as 64 hex digits"),
            _ when moved.CreatedAt == default => Missing("created_at", $"an RFC 3339 time such as {AdminTime.Example}"),
            _ => moved,
        };
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() ?? "" : "";

    private static KeyHash ReadHash(string text) =>
        text.Length == 64 && text.All(char.IsAsciiHexDigit) ? KeyHash.FromBytes(Convert.FromHexString(text)) : default;

    private static GatewayError Missing(string field, string what) => GatewayError.InvalidRequest($"'{field}' is required: {what}.", field);
}
