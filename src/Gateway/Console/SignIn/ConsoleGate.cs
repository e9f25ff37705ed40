namespace Gateway.Console.SignIn;

/// <summary>
/// Stands before every page and before the circuits' WebSocket: without a session there is no circuit. Woven into the console's own endpoints
/// instead of the pipeline, so that calls of the API don't pass it.
/// </summary>
internal sealed class ConsoleGate(SessionStore sessions, ConsoleOptions console)
{
    private int _open;

    /// <summary>How many consoles are open at this replica.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>A page, which leads whoever is not signed in to the form.</summary>
    /// <param name="page">Sends it.</param>
    /// <param name="status">With which status.</param>
    public RequestDelegate BeforePage(RequestDelegate page, int status) => async http =>
    {
        PageHeaders.Set(http.Response.Headers);
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        if (await sessions.FindAsync(SessionCookie.Read(http.Request), http.RequestAborted) is { } session)
        {
            http.User = session.From(http.Connection.RemoteIpAddress).ToPrincipal();
            if (Open >= console.MaxOpen)
            {
                http.Response.Headers.RetryAfter = "60";
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                http.Response.ContentType = "text/plain; charset=utf-8";
                await http.Response.WriteAsync("Too many consoles are open. Close one, or try again in a minute. Calls go on.\n", http.RequestAborted);
                return;
            }

            // At the last moment: a page whose status speaks of failure before it is drawn is not drawn.
            http.Response.OnStarting(() =>
            {
                http.Response.StatusCode = status;
                return Task.CompletedTask;
            });
            await page(http);
            return;
        }

        if (SessionCookie.Read(http.Request) is null && SameOrigin.IsForeignNavigation(http.Request))
        {
            await SignInPage.WriteBounceAsync(http, http.Request.Path + http.Request.QueryString, http.RequestAborted);
            return;
        }

        var target = http.Request.Path + http.Request.QueryString;
        http.Response.Redirect(target == "/" ? ConsoleRoutes.SignIn : $"{ConsoleRoutes.SignIn}?return={Uri.EscapeDataString(target)}");
    };

    /// <summary>What pages call behind the scenes: no form to lead to, and never for another site's page.</summary>
    public RequestDelegate BeforeCircuit(RequestDelegate circuit) => async http =>
    {
        PageHeaders.Set(http.Response.Headers);
        if (SameOrigin.IsForeign(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        if (await sessions.FindAsync(SessionCookie.Read(http.Request), http.RequestAborted) is not { } session)
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        http.User = session.From(http.Connection.RemoteIpAddress).ToPrincipal();
        await circuit(http);
    };

    /// <summary>
    /// The circuits' own address: a WebSocket and nothing else, since what other transports would send need not meet the same replica. Their number
    /// is bounded, and with it the memory that open consoles take.
    /// </summary>
    public RequestDelegate BeforeSocket(RequestDelegate socket) => BeforeCircuit(async http =>
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _open) > console.MaxOpen)
            {
                http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }

            await socket(http);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    });
}
