namespace Gateway.Console;

/// <summary>What settings of the console must be beyond each one's own bounds. Every fault is one line that names the setting and says what is accepted.</summary>
internal static class ConsoleCheck
{
    private const string Oidc = "Gateway:Console:Oidc";

    public static IEnumerable<string> Faults(ConsoleOptions console)
    {
        var oidc = console.Oidc;
        if (!oidc.IsOn)
        {
            if (oidc.ClientId is not null || oidc.ClientSecret is not null || oidc.MayChange.Count + oidc.MaySee.Count > 0)
            {
                yield return $"{Oidc}:Authority is missing; it must be set where others of {Oidc} are.";
            }

            yield break;
        }

        if (!Uri.TryCreate(oidc.Authority, UriKind.Absolute, out var authority) || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))
            || authority.UserInfo.Length > 0 || authority.Query.Length > 0 || authority.Fragment.Length > 0)
        {
            yield return $"{Oidc}:Authority: an absolute https URL is accepted, or http on this machine, without user, query or fragment.";
        }

        if (string.IsNullOrWhiteSpace(oidc.ClientId))
        {
            yield return $"{Oidc}:ClientId is missing; it must be set.";
        }

        if (oidc.MayChange.Count + oidc.MaySee.Count == 0)
        {
            yield return $"{Oidc}:MayChange and {Oidc}:MaySee name nobody; values of the claim {oidc.Claim} or e-mail addresses are accepted, for MaySee also *.";
        }

        // Whoever has an account there would be an admin here, by one character.
        if (oidc.MayChange.Contains("*"))
        {
            yield return $"{Oidc}:MayChange: * is accepted in {Oidc}:MaySee alone.";
        }

        if (oidc.MayChange.Concat(oidc.MaySee).Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{Oidc}:MayChange and {Oidc}:MaySee: an empty text means nobody and is not accepted.";
        }
    }
}
