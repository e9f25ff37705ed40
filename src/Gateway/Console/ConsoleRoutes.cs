using Gateway.Console.Pages;
using Gateway.Console.SignIn;
using Gateway.Console.Usage;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Components.Server;

namespace Gateway.Console;

/// <summary>Every path of the console: <c>/</c>, what is below <c>/console/</c>, and the WebSocket of its pages. All else belongs to the API.</summary>
internal static class ConsoleRoutes
{
    public const string SignIn = "/console/signin";
    public const string SignOut = "/console/signout";

    public static void Map(WebApplication app)
    {
        var gate = app.Services.GetRequiredService<ConsoleGate>();
        var signIn = app.Services.GetRequiredService<SignInEndpoints>();
        var away = app.Services.GetRequiredService<StoreAway>();
        var assets = app.Services.GetRequiredService<ConsoleAssets>();

        app.MapMethods(SignIn, ["GET"], signIn.ShowAsync).WithDisplayName("open");
        app.MapMethods(SignIn, ["POST"], away.Before(signIn.EnterAsync)).WithDisplayName("open: asks for the admin key");
        app.MapMethods(SignOut, ["POST"], away.Before(signIn.LeaveAsync)).WithDisplayName("open: ends its own session");
        var oidc = app.Services.GetRequiredService<OidcSignIn>();
        if (oidc.IsOn)
        {
            app.MapMethods(OidcSignIn.Start, ["GET"], oidc.StartAsync).WithDisplayName("open: leads to the OpenID provider");
            app.MapMethods(OidcSignIn.Callback, ["GET"], oidc.FinishAsync).WithDisplayName("open: asks for the provider's word");
        }

        app.MapMethods(ConsoleAssets.Route, ["GET", "HEAD"], assets.SendAsync).WithDisplayName("open: console file");

        app.MapMethods(UsageCsv.Route, ["GET"], away.Before(gate.BeforeCircuit(app.Services.GetRequiredService<UsageCsv>().SendAsync))).WithDisplayName("console session: file");

        app.MapMethods(RequestsCsv.Route, ["GET"], away.Before(gate.BeforeCircuit(app.Services.GetRequiredService<RequestsCsv>().SendAsync))).WithDisplayName("console session: file");

        app.MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(ConfigureCircuits)
            .Add(endpoint => Guard(endpoint, gate, away));
    }

    private static void ConfigureCircuits(ServerComponentsEndpointOptions circuits)
    {
        circuits.ContentSecurityFrameAncestorsPolicy = "'none'";
        // A secret shown once and text that a stranger chose must not share a compressed channel.
        circuits.DisableWebSocketCompression = true;
    }

    private static void Guard(EndpointBuilder endpoint, ConsoleGate gate, StoreAway away)
    {
        var inner = endpoint.RequestDelegate ?? throw new InvalidOperationException($"The console's endpoint '{endpoint.DisplayName}' has no handler.");
        var page = endpoint.Metadata.OfType<ComponentTypeMetadata>().FirstOrDefault()?.Type;
        var path = (endpoint as RouteEndpointBuilder)?.RoutePattern.RawText?.Trim('/');
        endpoint.RequestDelegate = away.Before(path is "_blazor" or "_blazor/negotiate" ? gate.BeforeSocket(inner)
            : page is null ? gate.BeforeCircuit(inner)
            : gate.BeforePage(inner, page == typeof(NotFound) ? StatusCodes.Status404NotFound : StatusCodes.Status200OK));
        endpoint.DisplayName = "console session: circuit";

        // No form is handled by a component, and the gate refuses posts; the framework's own check would want a middleware before every call.
        foreach (var antiforgery in endpoint.Metadata.OfType<Microsoft.AspNetCore.Antiforgery.IAntiforgeryMetadata>().ToList())
        {
            endpoint.Metadata.Remove(antiforgery);
        }
    }
}
