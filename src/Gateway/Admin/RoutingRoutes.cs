using System.Text.Json.Serialization.Metadata;
using Gateway.Providers;

namespace Gateway.Admin;

/// <summary>The admin's look at models and providers as they are in force, with their health.</summary>
internal sealed class RoutingRoutes(Routing routing)
{
    private static readonly IReadOnlyList<string> ListQuery = ["limit", "after"];

    public void Map(RouteGroupBuilder admin)
    {
        admin.MapGet("/models", (Delegate)Models);
        admin.MapGet("/providers", (Delegate)Providers);
    }

    private IResult Models(HttpContext http)
    {
        var catalog = routing.Current;
        return Page(http, catalog.Entries, entry => entry.Name, ModelView.Of, AdminJson.Default.ListViewModelView);
    }

    private IResult Providers(HttpContext http)
    {
        var catalog = routing.Current;
        return Page(http, catalog.Providers, provider => provider.Name, provider => ProviderView.Of(provider, catalog.Health), AdminJson.Default.ListViewProviderView);
    }

    /// <summary>In the order of the settings; a page goes on after a name.</summary>
    private static IResult Page<T, TView>(HttpContext http, IReadOnlyList<T> all, Func<T, string> name, Func<T, TView> view, JsonTypeInfo<ListView<TView>> json)
    {
        if (!AdminQuery.Read(http.Request, ListQuery).TryGet(out var query, out var refusal) || !query.TryLimit(out var limit, out refusal))
        {
            return new Refusal(refusal);
        }

        var left = query["after"] is { } after ? all.SkipWhile(item => name(item) != after).Skip(1).ToList() : [.. all];
        var page = left.Take(limit).ToList();
        return Results.Json(new ListView<TView>(page.ConvertAll(item => view(item)), left.Count > limit, left.Count > limit ? name(page[^1]) : null), json);
    }
}
