using System.Security.Claims;

namespace Gateway.Console.SignIn;

/// <summary>What somebody whom the provider signed in may do here.</summary>
internal static class OidcRights
{
    private const string Anybody = "*";
    private const int MostOfName = 128;

    /// <summary>Whether they may change things; null where they may not even see them.</summary>
    public static bool? Of(ClaimsPrincipal who, OidcOptions options) =>
        IsNamed(who, options.MayChange, options.Claim) ? true
        : options.MaySee.Contains(Anybody) || IsNamed(who, options.MaySee, options.Claim) ? false
        : null;

    /// <summary>How pages and the audit log call them.</summary>
    public static string NameOf(ClaimsPrincipal who)
    {
        var name = (IsVerified(who) ? who.FindFirstValue("email") : null) ?? who.FindFirstValue("preferred_username") ?? who.FindFirstValue("name") ?? who.FindFirstValue("sub") ?? "somebody";
        // Nobody's name makes their changes look like those of the admin key.
        return name == SignInEndpoints.Admin ? $"{name} (signed in elsewhere)" : name.Length > MostOfName ? name[..MostOfName] : name;
    }

    private static bool IsNamed(ClaimsPrincipal who, List<string> named, string claim)
    {
        var email = IsVerified(who) ? who.FindFirstValue("email") : null;
        return named.Exists(name => who.HasClaim(claim, name) || (email is not null && name.Contains('@', StringComparison.Ordinal) && name.Equals(email, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>At many providers anybody may claim any address until it is verified.</summary>
    private static bool IsVerified(ClaimsPrincipal who) => "true".Equals(who.FindFirstValue("email_verified"), StringComparison.OrdinalIgnoreCase);
}
