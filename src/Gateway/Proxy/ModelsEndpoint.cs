using System.Buffers;
using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary><c>GET /v1/models</c> and <c>/v1/models/{id}</c>: what this key may use, answered from memory (model pickers wait only a few seconds for it).</summary>
internal sealed class ModelsEndpoint(CallerKey caller, Routing routing, ModelListing listing)
{
    public async Task ListAsync(HttpContext http)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        await WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var model in listing.Models)
            {
                if (key.MayUse(model.Id))
                {
                    WriteModel(json, model);
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public async Task ShowAsync(HttpContext http, string id)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        if (Find(key, id) is not { } model)
        {
            await ErrorResponse.WriteAsync(http, GatewayError.ModelNotFound(id));
            return;
        }

        await WriteAsync(http, json => WriteModel(json, model));
    }

    /// <summary>A listed model, or one that a pattern or a provider's prefix would serve: what can be called can be shown.</summary>
    private ListedModel? Find(ApiKey key, string id)
    {
        if (!key.MayUse(id))
        {
            return null;
        }

        return listing.Models.FirstOrDefault(model => model.Id == id) ?? (routing.Current.TryFind(id, out var route) ? new ListedModel(id, route.First.Provider.Name) : null);
    }

    private static void WriteModel(Utf8JsonWriter json, ListedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, model.Id);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, ListedModel.Created);
        json.WriteString("owned_by"u8, model.OwnedBy);
        json.WriteEndObject();
    }

    private static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        await using (var json = new Utf8JsonWriter(body))
        {
            write(json);
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }
}
