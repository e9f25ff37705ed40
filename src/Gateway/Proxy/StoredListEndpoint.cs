using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>
/// <c>GET /v1/files</c> and <c>/v1/batches</c>: the providers' lists without what other keys made. Providers page by their own counts, so pages are asked for until
/// one of the caller's size is full.
/// </summary>
internal sealed class StoredListEndpoint(CallerKey caller, OwnedIdTable table, Routing routing, ProviderCalls calls, Admittance admittance, CallFrame frame, TimeProvider time)
{
    /// <summary>Of one provider for one page of the caller's.</summary>
    private const int MaxPages = 200;

    /// <summary>The caller's parameters that the provider is to see.</summary>
    private static readonly string[] PassedOn = ["purpose", "order"];

    private const int FilesMost = 10_000;
    private const int BatchesMost = 100;

    public Task HandleAsync(HttpContext http, ApiEndpoint endpoint, OwnedKind kind) => frame.RunAsync(http, endpoint, null, keepsAnswer: false, async call =>
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error) || !(Read(http.Request.Query, kind)).TryGet(out var ask, out error))
        {
            call.Key = key;
            await CallFrame.RefuseAsync(http, call, error, CallOutcome.Rejected);
            return;
        }

        call.Key = key;
        if (!(await admittance.AskAsync(call, key, RequestEnvelope.Of("", stream: false, null, 1), CallBudget.Free)).TryGet(out var permit, out error))
        {
            LimitHeaders.Attach(http.Response, call.Endpoint, call.Figures, null, time);
            await CallFrame.RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
            return;
        }

        call.Admission = permit.Admission;
        LimitHeaders.Attach(http.Response, call.Endpoint, permit.Admission?.Figures ?? [], null, time);
        if (!(await GatherAsync(key.Id, kind, endpoint, ask, http.RequestAborted)).TryGet(out var items, out error))
        {
            if (error.Status == StatusCodes.Status404NotFound)
            {
                // What to go on after is not the key's: nobody was asked.
                call.Release();
                await CallFrame.RefuseAsync(http, call, error, CallOutcome.Rejected);
                return;
            }

            call.SettleRequest();
            await CallFrame.RefuseAsync(http, call, error, CallOutcome.UpstreamError);
            return;
        }

        call.SettleRequest();
        call.Status = StatusCodes.Status200OK;
        await WriteAsync(http, items, ask.Limit);
    });

    private static Outcome<ListAsk> Read(IQueryCollection query, OwnedKind kind)
    {
        var most = kind == OwnedKind.File ? FilesMost : BatchesMost;
        var limit = kind == OwnedKind.File ? FilesMost : 20;
        if (query.TryGetValue("limit", out var asked) && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit < 1 || limit > most))
        {
            return GatewayError.InvalidRequest($"The parameter 'limit' must be an integer from 1 to {most}.", "limit");
        }

        var passed = string.Concat(PassedOn
            .Where(name => query.ContainsKey(name))
            .Select(name => $"&{name}={Uri.EscapeDataString(query[name].ToString())}"));
        return new ListAsk(limit, query["after"].ToString() is { Length: > 0 } after ? after : null, passed);
    }

    private async Task<Outcome<List<JsonElement>>> GatherAsync(Storage.KeyId key, OwnedKind kind, ApiEndpoint endpoint, ListAsk ask, CancellationToken cancel)
    {
        string? from = null;
        if (ask.After is { } after)
        {
            if (!(await table.FindAsync(kind, after, key, cancel)).TryGet(out var cursor, out var error))
            {
                return error;
            }

            from = cursor.Provider;
        }

        var items = new List<JsonElement>();
        using var catalog = routing.Hold();
        var all = await table.ListAsync(kind, key, cancel);
        foreach (var own in all.Where(own => from is null || string.CompareOrdinal(own.Key, from) >= 0).OrderBy(own => own.Key, StringComparer.Ordinal))
        {
            if (items.Count <= ask.Limit && catalog.FindKeeper(own.Key)?.Provider is { } provider
                && !await GatherAsync(provider, endpoint, own.Value, own.Key == from ? ask.After : null, ask, items, cancel))
            {
                return GatewayError.UpstreamInvalidResponse();
            }
        }

        return items;
    }

    /// <summary>One provider's part, until there is one item more than asked for.</summary>
    private async Task<bool> GatherAsync(
        Provider provider, ApiEndpoint endpoint, HashSet<string> own, string? after, ListAsk ask, List<JsonElement> items, CancellationToken cancel)
    {
        for (var page = 0; page < MaxPages; page++)
        {
            var query = $"limit={(endpoint == ApiEndpoint.Files ? 1000 : BatchesMost)}{ask.Passed}{(after is null ? "" : $"&after={Uri.EscapeDataString(after)}")}";
            if (await calls.GetAsync(provider, endpoint.Path, query, cancel) is not { } body || Parse(body) is not { } list)
            {
                return false;
            }

            // Some servers answer the whole list whatever they are asked for.
            var fresh = list.Data.FindIndex(item => IdOf(item) == after) is var at and >= 0 ? list.Data.Skip(at + 1) : list.Data;
            foreach (var item in fresh)
            {
                if (IdOf(item) is { } id && own.Contains(id))
                {
                    items.Add(item);
                    if (items.Count > ask.Limit)
                    {
                        return true;
                    }
                }
            }

            if (!list.HasMore || list.Data.Count == 0 || IdOf(list.Data[^1]) is not { } last || last == after)
            {
                return true;
            }

            after = last;
        }

        return true;
    }

    private static (List<JsonElement> Data, bool HasMore)? Parse(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind is JsonValueKind.Object && json.RootElement.TryGetProperty("data", out var data) && data.ValueKind is JsonValueKind.Array
                ? ([.. data.EnumerateArray().Select(item => item.Clone())], json.RootElement.TryGetProperty("has_more", out var more) && more.ValueKind is JsonValueKind.True)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? IdOf(JsonElement item) =>
        item.ValueKind is JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String ? id.GetString() : null;

    private static async Task WriteAsync(HttpContext http, List<JsonElement> items, int limit)
    {
        var shown = Math.Min(items.Count, limit);
        var body = new ArrayBufferWriter<byte>(1024);
        await using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            for (var i = 0; i < shown; i++)
            {
                json.WriteRawValue(items[i].GetRawText());
            }

            json.WriteEndArray();
            json.WriteString("first_id"u8, shown > 0 ? IdOf(items[0]) : null);
            json.WriteString("last_id"u8, shown > 0 ? IdOf(items[shown - 1]) : null);
            json.WriteBoolean("has_more"u8, items.Count > limit);
            json.WriteEndObject();
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private sealed record ListAsk(int Limit, string? After, string Passed);
}
