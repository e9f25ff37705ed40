using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;

namespace Gateway.Console.SignIn;

/// <summary>The one set of options, in the form in which the framework's handler asks for it.</summary>
internal sealed class FixedOidc(OpenIdConnectOptions options) : IOptionsMonitor<OpenIdConnectOptions>
{
    public OpenIdConnectOptions CurrentValue => options;

    public OpenIdConnectOptions Get(string? name) => options;

    public IDisposable? OnChange(Action<OpenIdConnectOptions, string?> listener) => null;
}
