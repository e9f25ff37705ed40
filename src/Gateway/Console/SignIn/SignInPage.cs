using System.Globalization;
using System.Net;

namespace Gateway.Console.SignIn;

/// <summary>The sign-in page: plain HTML, since there is no circuit before a session. Nothing that was typed comes back in it.</summary>
internal static class SignInPage
{
    public static Task WriteAsync(HttpContext http, string returnTo, string? fault, OidcOptions oidc, CancellationToken cancel)
    {
        var elsewhere = oidc.IsOn
            ? $"<a class=\"gw-button\" href=\"{OidcSignIn.Start}?return={Uri.EscapeDataString(returnTo)}\">Sign in with {WebUtility.HtmlEncode(oidc.Name)}</a>"
            : "";
        var alert = fault is null ? "" : $"<p class=\"gw-alert\" role=\"alert\" id=\"fault\">{WebUtility.HtmlEncode(fault)}</p>";
        var described = fault is null ? "" : " aria-invalid=\"true\" aria-describedby=\"fault\"";
        var body = string.Create(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sign in · Gateway</title>
            <link rel="icon" href="{ConsoleAssets.PathOf("icon.svg")}">
            <link rel="stylesheet" href="{ConsoleAssets.PathOf("console.css")}">
            <script src="{ConsoleAssets.PathOf("theme.js")}"></script>
            <script src="{ConsoleAssets.PathOf("signin.js")}" defer></script>
            </head>
            <body class="gw-signin">
            <main>
            <form method="post" action="{ConsoleRoutes.SignIn}" class="gw-card">
            <h1>Gateway</h1>
            {alert}
            <label for="key">Admin key</label>
            <div class="gw-secret"><input id="key" name="key" type="password" autocomplete="current-password" required autofocus{described}><button type="button" id="reveal" aria-pressed="false" hidden>Show</button></div>
            <input type="hidden" name="return" value="{WebUtility.HtmlEncode(returnTo)}">
            <button type="submit" class="gw-button gw-main">Sign in</button>
            {elsewhere}
            <p class="gw-faint">The key is in <code>data/admin-key</code> on the server, or in the setting <code>Gateway:AdminKey</code>.</p>
            </form>
            </main>
            </body>
            </html>

            """);
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(body, cancel);
    }

    /// <summary>Loads the page once more from here: now the browser sends the cookie that it kept back on the way from another site.</summary>
    public static Task WriteBounceAsync(HttpContext http, string to, CancellationToken cancel)
    {
        var target = WebUtility.HtmlEncode(to);
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(
            $"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Gateway</title><meta http-equiv=\"refresh\" content=\"0;url={target}\"></head>"
            + $"<body><p><a href=\"{target}\">Continue</a></p></body></html>\n",
            cancel);
    }
}
