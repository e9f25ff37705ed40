using System.Net;
using System.Security.Claims;

namespace Gateway.Console.SignIn;

/// <summary>Who is signed in, as a request or a circuit knows it.</summary>
/// <param name="Token">The cookie's value.</param>
/// <param name="Who">Their name.</param>
/// <param name="MayChange">Whether they may change things.</param>
/// <param name="Address">Where they are; null where that is not known.</param>
internal sealed record ConsoleSession(string Token, string Who, bool MayChange, string? Address = null)
{
    private const string TokenClaim = "token";
    private const string ChangeClaim = "change";
    private const string AddressClaim = "address";

    /// <summary>As Blazor hands it to a circuit; it never leaves the process.</summary>
    public ClaimsPrincipal ToPrincipal() => new(new ClaimsIdentity(
        [new(ClaimTypes.Name, Who), new(TokenClaim, Token), new(AddressClaim, Address ?? ""), .. MayChange ? [new Claim(ChangeClaim, "")] : Array.Empty<Claim>()],
        "console"));

    public ConsoleSession From(IPAddress? address) => this with { Address = (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() };

    public static ConsoleSession? Of(ClaimsPrincipal principal) =>
        principal.FindFirstValue(TokenClaim) is { } token ? new(token, principal.Identity?.Name ?? "", principal.HasClaim(claim => claim.Type == ChangeClaim), principal.FindFirstValue(AddressClaim)) : null;
}
