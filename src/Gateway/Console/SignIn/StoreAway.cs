using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Console.SignIn;

/// <summary>Sessions are in the database: while it is away no page can be opened, and this one says so, asks again by itself and leads back to what was asked for.</summary>
internal sealed partial class StoreAway(ILogger<StoreAway> log)
{
    private const int AgainSeconds = 5;

    public RequestDelegate Before(RequestDelegate inner) => async http =>
    {
        try
        {
            await inner(http);
        }
        catch (Exception failure) when (failure is DbException or DbUpdateException && !http.Response.HasStarted)
        {
            LogFailed(failure, http.Request.Method, http.Request.Path);
            PageHeaders.Set(http.Response.Headers);
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            http.Response.Headers.RetryAfter = AgainSeconds.ToString(CultureInfo.InvariantCulture);
            http.Response.ContentType = "text/html; charset=utf-8";
            await http.Response.WriteAsync(Page, http.RequestAborted);
        }
    };

    // No address in it: what a form was posted to is not asked for again, and a page without one loads itself.
    private static string Page { get; } = string.Create(CultureInfo.InvariantCulture, $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="refresh" content="{AgainSeconds}">
        <title>No database · Gateway</title>
        <link rel="icon" href="{ConsoleAssets.PathOf("icon.svg")}">
        <link rel="stylesheet" href="{ConsoleAssets.PathOf("console.css")}">
        <script src="{ConsoleAssets.PathOf("theme.js")}"></script>
        </head>
        <body class="gw-signin">
        <main class="gw-card gw-stack">
        <h1>The database does not answer</h1>
        <p>The console can't be opened meanwhile. Calls go on for keys seen lately. This page asks again every {AgainSeconds} s.</p>
        <p><a class="gw-button" href="">Retry</a></p>
        </main>
        </body>
        </html>

        """);

    [LoggerMessage(6003, LogLevel.Error, "The database failed under the console's {Method} {Path}")]
    private partial void LogFailed(Exception failure, string method, string path);
}
