using System.ComponentModel.DataAnnotations;
using Gateway.Console.SignIn;

namespace Gateway.Console;

/// <summary>The pages for people: <c>Gateway:Console</c>.</summary>
public sealed class ConsoleOptions
{
    /// <summary>The most consoles open at once, in browser tabs; the next one is told to wait. Default 100; 1 to 10,000. Each takes up to 2 MiB.</summary>
    [Range(1, 10_000)]
    public int MaxOpen { get; set; } = 100;

    /// <summary>Signing in by OpenID Connect, beside the admin key. Default: off.</summary>
    public OidcOptions Oidc { get; } = new();
}
