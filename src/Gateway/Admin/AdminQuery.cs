using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>An admin call's query string: known names only, each at most once.</summary>
internal sealed class AdminQuery
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 1_000;

    private readonly IQueryCollection _values;

    private AdminQuery(IQueryCollection values) => _values = values;

    /// <summary>An empty value is as good as none.</summary>
    public string? this[string name] => _values.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text ? text : null;

    public static Outcome<AdminQuery> Read(HttpRequest request, IReadOnlyList<string> accepted)
    {
        foreach (var (name, value) in request.Query)
        {
            // The collection ignores case; names don't.
            if (!accepted.Contains(name, StringComparer.Ordinal))
            {
                return accepted.Count > 0
                    ? GatewayError.UnknownField(name, accepted)
                    : GatewayError.UnknownField(name, ["nothing in the query string"]);
            }

            if (value.Count > 1)
            {
                return GatewayError.InvalidRequest($"'{name}' is there {value.Count} times.", name);
            }
        }

        return new AdminQuery(request.Query);
    }

    public bool TryLimit(out int limit, [NotNullWhen(false)] out GatewayError? error)
    {
        limit = DefaultLimit;
        error = this["limit"] is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit)
            ? GatewayError.InvalidRequest($"'limit' must be a whole number from 1 to {MaxLimit}.", "limit")
            : null;
        return error is null;
    }

    public bool TryTime(string name, out DateTimeOffset? time, [NotNullWhen(false)] out GatewayError? error)
    {
        // An offset's plus sign that was not escaped arrives as a space.
        time = this[name] is { } text ? AdminTime.Parse(text.Replace(' ', '+')) : null;
        error = time is null && this[name] is not null
            ? GatewayError.InvalidRequest($"'{name}' must be an RFC 3339 time such as {AdminTime.Example}.", name)
            : null;
        return error is null;
    }
}
