using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Providers;

/// <summary>
/// For a provider with several keys: a call whose key was refused goes on with the next one, and the refused one is left out for a while. Such an answer
/// (401, 402, 429) says that nothing was done and nothing is owed, so it is still one attempt at one target.
/// </summary>
internal sealed class KeyRotation(HttpMessageHandler inner, ProviderKeys keys) : DelegatingHandler(inner)
{
    /// <summary>Opens a request's body once more; set by whoever sends one that can be.</summary>
    public static readonly HttpRequestOptionsKey<Func<Stream>> BodyAgain = new("gateway-body-again");

    /// <summary>A key that is not accepted or has no credit is a matter for people.</summary>
    private static readonly TimeSpan RefusedTime = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LimitedTime = TimeSpan.FromSeconds(10);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (!IsRefusal(response.StatusCode) || ProviderKeys.KeyOf(request) is not { } key)
            {
                return response;
            }

            key.SetAside(keys.Now + AsideTime(response, keys.Now));
            if (tries >= keys.Count || ForbidsRetry(response) || !CanSendAgain(request) || !keys.TryMoveOn(request))
            {
                return response;
            }

            response.Dispose();
            SetBodyAgain(request);
        }
    }

    private static bool IsRefusal(HttpStatusCode status) => status is HttpStatusCode.Unauthorized or HttpStatusCode.PaymentRequired or HttpStatusCode.TooManyRequests;

    private static TimeSpan AsideTime(HttpResponseMessage response, DateTimeOffset now)
    {
        if (response.StatusCode != HttpStatusCode.TooManyRequests)
        {
            return RefusedTime;
        }

        TimeSpan told = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - now) ?? LimitedTime : LimitedTime;
        return told <= TimeSpan.Zero ? LimitedTime : told < RefusedTime ? told : RefusedTime;
    }

    private static bool ForbidsRetry(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("x-should-retry", out HeaderStringValues said) && said.ToString().Equals("false", StringComparison.OrdinalIgnoreCase);

    private static bool CanSendAgain(HttpRequestMessage request) => request.Content is null || request.Options.TryGetValue(BodyAgain, out _);

    private static void SetBodyAgain(HttpRequestMessage request)
    {
        if (request.Content is not { } sent || !request.Options.TryGetValue(BodyAgain, out Func<Stream>? open))
        {
            return;
        }

        var again = new StreamContent(open());
        foreach ((string name, HeaderStringValues values) in sent.Headers.NonValidated)
        {
            again.Headers.TryAddWithoutValidation(name, values);
        }

        request.Content = again;
    }
}
