using System.Text.Json;
using Gateway.OpenAi;
using Gateway.Quotas;

namespace Gateway.Admin;

/// <summary>Reads a list of limits; what is wrong is named by its place, as in <c>limits[0].per</c>.</summary>
internal static class LimitsBody
{
    private static readonly IReadOnlyList<string> Accepted = ["unit", "limit", "per", "model", "mode"];

    /// <summary>A whole new list; null is as good as an empty one.</summary>
    /// <param name="value">The field.</param>
    /// <param name="scope">Whose limits they are to be.</param>
    public static Outcome<IReadOnlyList<LimitSpec>> Read(JsonElement value, LimitScope scope)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return Array.Empty<LimitSpec>();
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return Refused("limits", "It must be a list of limits such as {\"unit\": \"tokens\", \"limit\": 100000, \"per\": \"day\"}; null or an empty list for none.");
        }

        var specs = new List<LimitSpec>();
        foreach (var item in value.EnumerateArray())
        {
            if (!ReadOne(item, $"limits[{specs.Count}]").TryGet(out var spec, out var refusal))
            {
                return refusal;
            }

            specs.Add(spec);
        }

        // The id only names the counters: any will do for the rules.
        return LimitRules.Resolve(scope, "", specs).TryGet(out _, out var broken) ? specs : broken;
    }

    private static Outcome<LimitSpec> ReadOne(JsonElement item, string at)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            return Refused(at, "It must be an object such as {\"unit\": \"tokens\", \"limit\": 100000, \"per\": \"day\"}.");
        }

        var spec = new LimitSpec();
        foreach (var field in item.EnumerateObject())
        {
            var path = $"{at}.{field.Name}";
            if (!Accepted.Contains(field.Name))
            {
                return GatewayError.UnknownField(path, Accepted);
            }

            if (field.Name == "limit")
            {
                if (field.Value.ValueKind != JsonValueKind.Number || !field.Value.TryGetDecimal(out var amount))
                {
                    return Refused(path, "It must be a number of 0 or more.");
                }

                spec = spec with { Limit = amount };
                continue;
            }

            if (field.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                return Refused(path, "It must be a string.");
            }

            spec = WithText(spec, field.Name, field.Value.GetString());
        }

        return spec;
    }

    private static LimitSpec WithText(LimitSpec spec, string field, string? text) => field switch
    {
        "unit" => spec with { Unit = text },
        "per" => spec with { Per = text },
        "model" => spec with { Model = text },
        _ => spec with { Mode = text },
    };

    private static GatewayError Refused(string param, string message) => GatewayError.InvalidRequest($"{param}: {message}", param);
}
