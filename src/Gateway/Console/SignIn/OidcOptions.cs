using System.ComponentModel.DataAnnotations;

namespace Gateway.Console.SignIn;

/// <summary>Signing in to the console by OpenID Connect: <c>Gateway:Console:Oidc</c>.</summary>
public sealed class OidcOptions
{
    /// <summary>The provider's issuer, below which <c>/.well-known/openid-configuration</c> is: https, or http on this machine. Default: none, and nobody signs in that way.</summary>
    public string? Authority { get; set; }

    /// <summary>The gateway's name at the provider, where <c>https://HOST/console/oidc/callback</c> is its redirect address. Default: none, it must be set where <see cref="Authority"/> is.</summary>
    public string? ClientId { get; set; }

    /// <summary>Its secret there. Default: none, for a client that has none (PKCE is always used).</summary>
    [DataType(DataType.Password)]
    public string? ClientSecret { get; set; }

    /// <summary>What the sign-in page calls it: "Sign in with NAME". Default <c>single sign-on</c>.</summary>
    [MinLength(1)]
    [MaxLength(64)]
    public string Name { get; set; } = "single sign-on";

    /// <summary>What is asked for besides <c>openid</c>, apart by spaces. Default <c>profile email</c>.</summary>
    public string Scopes { get; set; } = "profile email";

    /// <summary>The claim of the ID token that <see cref="MayChange"/> and <see cref="MaySee"/> speak of, a text or a list of texts. Default <c>groups</c>.</summary>
    [MinLength(1)]
    public string Claim { get; set; } = "groups";

    /// <summary>Who may see and change everything: values of <see cref="Claim"/>, or e-mail addresses that the provider says are verified. Default: nobody.</summary>
    public List<string> MayChange { get; } = [];

    /// <summary>Who may see everything and change nothing: the same, or <c>*</c> for whoever the provider signs in. Default: nobody.</summary>
    public List<string> MaySee { get; } = [];

    internal bool IsOn => !string.IsNullOrWhiteSpace(Authority);
}
