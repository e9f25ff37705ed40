using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Finds the caller's key in the four places where clients of this API put it.</summary>
internal static class Credential
{
    private const string Scheme = "Bearer ";

    private static readonly string[] KeyHeaders = ["x-api-key", "api-key", "x-goog-api-key"];

    /// <summary>
    /// A bearer token first, else the first key header that has a value. Any other <c>Authorization</c> scheme is passed over,
    /// since proxies in front put theirs there. More than one <c>Authorization</c> header has been refused before this point.
    /// </summary>
    public static Outcome<string> Find(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization.ToString();
        if (authorization.Length > Scheme.Length && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return authorization[Scheme.Length..];
        }

        foreach (var name in KeyHeaders)
        {
            if (headers.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } key)
            {
                return key;
            }
        }

        return GatewayError.MissingKey();
    }
}
