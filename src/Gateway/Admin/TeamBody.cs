using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Quotas;

namespace Gateway.Admin;

/// <summary>Reads what an admin says about a team, field by field: what is absent stays as it was, null clears, an unknown field is refused by its name.</summary>
internal static class TeamBody
{
    private static readonly IReadOnlyList<string> Accepted = ["name", "models", "limits", "log_prompts"];

    public static Outcome<TeamSpec> ReadNew(JsonElement body)
    {
        var spec = Change(body, new TeamSpec(Name: "", Models: null, Limits: []));
        return spec.TryGet(out var read, out _) && read.Name.Length == 0 ? BodyFields.NameRefused() : spec;
    }

    public static Outcome<TeamSpec> Change(JsonElement body, TeamSpec spec)
    {
        foreach (var field in body.EnumerateObject())
        {
            if (!With(spec, field).TryGet(out var next, out var refusal))
            {
                return refusal;
            }

            spec = next;
        }

        return spec;
    }

    public static Outcome<TeamSpec> With(TeamSpec spec, JsonProperty field)
    {
        GatewayError? refusal;
        switch (field.Name)
        {
            case "name":
                return BodyFields.Name(field.Value).TryGet(out var name, out refusal) ? spec with { Name = name } : refusal;
            case "models":
                return BodyFields.TryModels(field.Value, out var models, out refusal) ? spec with { Models = models } : refusal;
            case "limits":
                return LimitsBody.Read(field.Value, LimitScope.Team).TryGet(out var limits, out refusal) ? spec with { Limits = limits } : refusal;
            case "log_prompts":
                return BodyFields.TryFlag(field, out var logPrompts, out refusal) ? spec with { LogPrompts = logPrompts } : refusal;
            default:
                return GatewayError.UnknownField(field.Name, Accepted);
        }
    }
}
