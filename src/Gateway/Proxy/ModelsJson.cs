using System.Text.Json;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>Models in the three forms of <see cref="ModelsForm"/>.</summary>
internal static class ModelsJson
{
    private static readonly string Created = WireTime.Write(DateTimeOffset.FromUnixTimeSeconds(ListedModel.Created));

    public static void WriteList(Utf8JsonWriter json, string form, IReadOnlyList<ListedModel> models)
    {
        json.WriteStartObject();
        if (form == ModelsForm.OpenAi)
        {
            json.WriteString("object"u8, "list"u8);
        }

        json.WriteStartArray(form == ModelsForm.Codex ? "models"u8 : "data"u8);
        foreach (var model in models)
        {
            Write(json, form, model);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WritePage(Utf8JsonWriter json, ModelsPage page)
    {
        json.WriteStartObject();
        json.WriteStartArray("data"u8);
        foreach (var model in page.Models)
        {
            WriteAnthropic(json, model);
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more"u8, page.HasMore);
        json.WriteString("first_id"u8, page.Models.Count > 0 ? page.Models[0].Id : null);
        json.WriteString("last_id"u8, page.Models.Count > 0 ? page.Models[^1].Id : null);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, string form, ListedModel model)
    {
        switch (form)
        {
            case ModelsForm.Anthropic:
                WriteAnthropic(json, model);
                break;
            case ModelsForm.Codex:
                WriteCodex(json, model);
                break;
            default:
                WriteOpenAi(json, model);
                break;
        }
    }

    private static void WriteOpenAi(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, model.Id);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, ListedModel.Created);
        json.WriteString("owned_by"u8, model.OwnedBy);
        json.WriteEndObject();
    }

    private static void WriteAnthropic(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "model"u8);
        json.WriteString("id"u8, model.Id);
        json.WriteString("display_name"u8, model.Id);
        json.WriteString("created_at"u8, Created);
        json.WriteEndObject();
    }

    /// <summary>
    /// The names and that they may be called. What Codex does with a model (its instructions, its tools) it knows itself, and would overwrite with whatever stood here:
    /// no gateway knows better.
    /// </summary>
    private static void WriteCodex(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("slug"u8, model.Id);
        json.WriteString("display_name"u8, model.Id);
        json.WriteString("visibility"u8, "list"u8);
        json.WriteBoolean("supported_in_api"u8, true);
        json.WriteNumber("priority"u8, 1);
        json.WriteEndObject();
    }
}
