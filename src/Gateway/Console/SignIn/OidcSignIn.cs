using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Gateway.Console.SignIn;

/// <summary>
/// Signing in by OpenID Connect: the framework's handler, asked at its two addresses alone. Registered as the framework has it, it would stand
/// before every call of the API. Made when somebody first signs in that way; what it needs to know between the two requests is in cookies that
/// all replicas can read.
/// </summary>
internal sealed partial class OidcSignIn(ConsoleOptions console, SessionStore sessions, IDataProtectionProvider protection, ILoggerFactory logs, ILogger<OidcSignIn> log)
{
    public const string Start = "/console/oidc/start";
    public const string Callback = "/console/oidc/callback";

    private const string Scheme = "oidc";

    /// <summary>Two that come first at the same moment both make them, which does no harm.</summary>
    private OpenIdConnectOptions? _options;

    public bool IsOn => console.Oidc.IsOn;

    /// <summary>Leads to the provider. By a link, since the pages' policy lets no form lead elsewhere.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever keeps the provider from being asked, who wanted to sign in is told so.")]
    public async Task StartAsync(HttpContext http)
    {
        PageHeaders.Set(http.Response.Headers);
        try
        {
            var handler = await HandlerAsync(http);
            await handler.ChallengeAsync(new AuthenticationProperties { RedirectUri = SignInEndpoints.Local(http.Request.Query["return"]) });
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogUnreachable(console.Oidc.Authority, failure);
            await RefuseAsync(http, StatusCodes.Status502BadGateway, "The sign-in service can't be reached. Try again, or use the admin key.");
        }
    }

    /// <summary>Where the provider sends back to.</summary>
    public async Task FinishAsync(HttpContext http)
    {
        PageHeaders.Set(http.Response.Headers);
        var handler = await HandlerAsync(http);
        await handler.HandleRequestAsync();
    }

    private async Task<OpenIdConnectHandler> HandlerAsync(HttpContext http)
    {
        // The provider sends back to where the browser is, which a proxy that took off the TLS has to tell.
        if (SessionCookie.IsSecure(http.Request))
        {
            http.Request.Scheme = Uri.UriSchemeHttps;
        }

        _options ??= Configure();
        var handler = new OpenIdConnectHandler(new FixedOidc(_options), logs, HtmlEncoder.Default, UrlEncoder.Default);
        await handler.InitializeAsync(new AuthenticationScheme(Scheme, null, typeof(OpenIdConnectHandler)), http);
        return handler;
    }

    private async Task EnterAsync(TicketReceivedContext ticket)
    {
        ticket.HandleResponse();
        var http = ticket.HttpContext;
        var who = ticket.Principal ?? throw new InvalidOperationException("The provider signed nobody in.");
        var name = OidcRights.NameOf(who);
        if (OidcRights.Of(who, console.Oidc) is not { } mayChange)
        {
            LogNotAllowed(name);
            await RefuseAsync(http, StatusCodes.Status403Forbidden, "You are signed in there, but may not see this gateway. Ask whoever runs it.");
            return;
        }

        var session = await sessions.OpenAsync(name, mayChange, http.RequestAborted);
        SessionCookie.Write(http, session.Token);

        // Not a redirect: on a way that began at another site the browser would keep the cookie back.
        await SignInPage.WriteBounceAsync(http, SignInEndpoints.Local(ticket.ReturnUri), http.RequestAborted);
    }

    private async Task FailAsync(RemoteFailureContext failure)
    {
        failure.HandleResponse();
        LogFailed(failure.Failure);
        await RefuseAsync(failure.HttpContext, StatusCodes.Status401Unauthorized, "Signing in there did not work. Try again, or use the admin key.");
    }

    private Task RefuseAsync(HttpContext http, int status, string fault)
    {
        http.Response.StatusCode = status;
        return SignInPage.WriteAsync(http, "/", fault, console.Oidc, http.RequestAborted);
    }

    private OpenIdConnectOptions Configure()
    {
        var oidc = console.Oidc;
        var authority = new Uri(oidc.Authority ?? throw new InvalidOperationException("OpenID Connect is off."));
        var options = new OpenIdConnectOptions
        {
            Authority = oidc.Authority,
            ClientId = oidc.ClientId,
            ClientSecret = oidc.ClientSecret,
            CallbackPath = Callback,
            ResponseType = OpenIdConnectResponseType.Code,
            ResponseMode = OpenIdConnectResponseMode.Query,
            UsePkce = true,
            MapInboundClaims = false,
            SaveTokens = false,
            DisableTelemetry = true,
            RequireHttpsMetadata = !authority.IsLoopback,
            BackchannelTimeout = TimeSpan.FromSeconds(10),
            // Never signed in to: the session is our own, opened before the handler would.
            SignInScheme = "console",
            Events = { OnTicketReceived = EnterAsync, OnRemoteFailure = FailAsync },
        };
        options.Scope.Clear();
        foreach (var scope in oidc.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Prepend("openid").Distinct(StringComparer.Ordinal))
        {
            options.Scope.Add(scope);
        }

        // They come back on a way that began at the provider, which a stricter cookie would not.
        foreach (var cookie in (CookieBuilder[])[options.CorrelationCookie, options.NonceCookie])
        {
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        }

        new OpenIdConnectPostConfigureOptions(protection).PostConfigure(Scheme, options);
        options.Validate();
        return options;
    }

    [LoggerMessage(6010, LogLevel.Warning, "The OpenID provider {Authority} can't be asked")]
    private partial void LogUnreachable(string? authority, Exception failure);

    [LoggerMessage(6011, LogLevel.Warning, "Signing in by OpenID Connect failed")]
    private partial void LogFailed(Exception? failure);

    [LoggerMessage(6012, LogLevel.Warning, "{Who} was signed in by the OpenID provider and may not see the console")]
    private partial void LogNotAllowed(string who);
}
