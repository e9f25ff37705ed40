using System.Globalization;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>A page of the list of models, as Anthropic's API pages it: after an id or before one.</summary>
internal sealed record ModelsPage(IReadOnlyList<ListedModel> Models, bool HasMore)
{
    private const int UsualLimit = 20;
    private const int MaxLimit = 1000;

    public static Outcome<ModelsPage> Read(IQueryCollection query, ListedModel[] models)
    {
        var limit = UsualLimit;
        if (query["limit"].ToString() is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            return GatewayError.InvalidRequest($"The parameter 'limit' must be an integer from 1 to {MaxLimit}.", "limit");
        }

        // An id that is not there (any more) begins at the list's start or end.
        if (query["before_id"].ToString() is { Length: > 0 } before)
        {
            var end = Array.FindIndex(models, model => model.Id == before) is var at and >= 0 ? at : models.Length;
            var first = Math.Max(0, end - limit);
            return new ModelsPage(models[first..end], first > 0);
        }

        var start = Array.FindIndex(models, model => model.Id == query["after_id"].ToString()) + 1;
        var last = Math.Min(models.Length, start + limit);
        return new ModelsPage(models[start..last], last < models.Length);
    }
}
