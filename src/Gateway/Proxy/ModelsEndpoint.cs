using System.Buffers;
using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>
/// <c>GET /v1/models</c> and <c>/v1/models/{id}</c>: what this key may use, answered from memory (model pickers wait only a few seconds for it), in the form that the
/// caller's kind of client reads.
/// </summary>
internal sealed class ModelsEndpoint(CallerKey caller, Routing routing, ModelListing listing)
{
    public async Task ListAsync(HttpContext http)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        ListedModel[] models = [.. listing.Models.Where(model => key.MayUse(model.Id))];
        if (ModelsForm.Of(http.Request) is not ModelsForm.Anthropic)
        {
            await WriteAsync(http, json => ModelsJson.WriteList(json, ModelsForm.Of(http.Request), models));
        }
        else if (ModelsPage.Read(http.Request.Query, models).TryGet(out var page, out error))
        {
            await WriteAsync(http, json => ModelsJson.WritePage(json, page));
        }
        else
        {
            await ErrorResponse.WriteAsync(http, error);
        }
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

        await WriteAsync(http, json => ModelsJson.Write(json, ModelsForm.Of(http.Request), model));
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
