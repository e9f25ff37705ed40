using Gateway.Providers;

namespace Gateway.Webhooks;

/// <summary>What settings of webhooks must be beyond each one's own bounds. Faults name the setting and never show an address or the secret.</summary>
internal static class WebhookCheck
{
    private const int MaxUrls = 8;

    public static IEnumerable<string> Faults(WebhookOptions options)
    {
        if (options.Urls.Count > MaxUrls)
        {
            yield return $"Gateway:Webhooks:Urls: at most {MaxUrls} addresses are accepted.";
        }

        for (var i = 0; i < options.Urls.Count; i++)
        {
            if (AddressFault(options.Urls[i]) is { } fault)
            {
                yield return $"Gateway:Webhooks:Urls:{i}: {fault}.";
            }
        }

        if (options.Secret is { Length: > 0 } secret)
        {
            if (!IsSecret(secret))
            {
                yield return $"Gateway:Webhooks:Secret: {WebhookSignature.SecretPrefix} and {WebhookSignature.LeastSecretBytes} to {WebhookSignature.MostSecretBytes} random bytes in base64 are accepted, such as openssl rand -base64 32 makes.";
            }
        }
        else if (options.Urls.Count > 0)
        {
            yield return "Gateway:Webhooks:Secret is missing; events are never sent unsigned. Set it to whsec_ and what openssl rand -base64 32 makes.";
        }

        foreach (var type in options.Events ?? [])
        {
            if (!WebhookEventType.All.Contains(type, StringComparer.Ordinal))
            {
                yield return $"Gateway:Webhooks:Events: \"{type}\" is not known; accepted are {string.Join(", ", WebhookEventType.All)}.";
            }
        }
    }

    private static string? AddressFault(string text)
    {
        // Other than a provider's address, a receiver's may have a query: services hand them out with their credential in it.
        var query = text.IndexOf('?', StringComparison.Ordinal);
        var fault = UpstreamAddress.Fault(query < 0 ? text : text[..query], out var address);
        return fault is null ? null
            : address is null || address.Scheme is not ("http" or "https") ? "an absolute http or https address is accepted, such as https://alerts.example.org/gateway"
            : address.UserInfo.Length > 0 ? "an address without a user or password is accepted"
            : address.Fragment.Length > 0 ? "an address without a fragment is accepted"
            : fault;
    }

    private static bool IsSecret(string secret)
    {
        Span<byte> bytes = stackalloc byte[128];
        return secret.StartsWith(WebhookSignature.SecretPrefix, StringComparison.Ordinal) && secret.Length <= 120
            && Convert.TryFromBase64String(secret[WebhookSignature.SecretPrefix.Length..], bytes, out var length)
            && length is >= WebhookSignature.LeastSecretBytes and <= WebhookSignature.MostSecretBytes;
    }
}
