using System.Globalization;
using Gateway.Keys;

namespace Gateway.Console.SignIn;

/// <summary>Signing in and out. The admin key is compared as <c>/admin</c> compares it, and wrong tries count together with those made there.</summary>
internal sealed partial class SignInEndpoints(AdminKey key, AdminLockout lockout, SessionStore sessions, ConsoleOptions console, ILogger<SignInEndpoints> log)
{
    private const string Home = "/";
    public const string Admin = "Admin";
    private const int MaxFormBytes = 8 * 1024;

    private static readonly Uri Here = new("http://here.invalid");

    public Task ShowAsync(HttpContext http)
    {
        PageHeaders.Set(http.Response.Headers);
        return SignInPage.WriteAsync(http, Local(http.Request.Query["return"]), null, console.Oidc, http.RequestAborted);
    }

    public async Task EnterAsync(HttpContext http)
    {
        PageHeaders.Set(http.Response.Headers);
        if (SameOrigin.IsForeign(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            await SignInPage.WriteAsync(http, Home, "The form came from another site. Sign in here.", console.Oidc, http.RequestAborted);
            return;
        }

        if (!http.Request.HasFormContentType || http.Request.ContentLength is null or > MaxFormBytes)
        {
            await RefuseAsync(http, StatusCodes.Status400BadRequest, Home, "The form was not complete. Try again.");
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var target = Local(form["return"]);
        var address = http.Connection.RemoteIpAddress;
        if (lockout.LockedFor(address) is { } locked)
        {
            await LockedAsync(http, target, locked);
            return;
        }

        if (!key.Matches(form["key"].ToString().Trim()))
        {
            lockout.Failed(address);
            LogWrongKey(address?.ToString());
            await (lockout.LockedFor(address) is { } wait
                ? LockedAsync(http, target, wait)
                : RefuseAsync(http, StatusCodes.Status401Unauthorized, target, "That key is not right."));
            return;
        }

        lockout.Succeeded(address);
        var session = await sessions.OpenAsync(Admin, mayChange: true, http.RequestAborted);
        SessionCookie.Write(http, session.Token);
        See(http, target);
    }

    public async Task LeaveAsync(HttpContext http)
    {
        PageHeaders.Set(http.Response.Headers);
        if (!SameOrigin.IsForeign(http.Request) && SessionCookie.Read(http.Request) is { } token)
        {
            await sessions.CloseAsync(token, http.RequestAborted);
            SessionCookie.Clear(http);
        }

        See(http, ConsoleRoutes.SignIn);
    }

    /// <summary>Only a path of this server: no way to send whoever signs in to somewhere else.</summary>
    public static string Local(string? path) =>
        path is ['/', ..] && path is not ['/', '/' or '\\', ..] && Uri.TryCreate(Here, path, out var uri) && uri.Authority == Here.Authority ? uri.PathAndQuery : Home;

    /// <summary>Not Results.Redirect: the answer to a post must be fetched with a get.</summary>
    private static void See(HttpContext http, string target)
    {
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = target;
    }

    private Task LockedAsync(HttpContext http, string target, TimeSpan wait)
    {
        var seconds = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.RetryAfter = seconds;
        return RefuseAsync(http, StatusCodes.Status429TooManyRequests, target, $"Too many tries from this address. Try again in {seconds} s.");
    }

    private Task RefuseAsync(HttpContext http, int status, string target, string fault)
    {
        http.Response.StatusCode = status;
        return SignInPage.WriteAsync(http, target, fault, console.Oidc, http.RequestAborted);
    }

    [LoggerMessage(6001, LogLevel.Warning, "A wrong admin key was typed into the console at {Address}")]
    private partial void LogWrongKey(string? address);
}
