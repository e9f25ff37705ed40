using System.Diagnostics;
using System.Text.Json;

namespace Gateway.Bench.Browsing;

/// <summary>A page of the console in a browser.</summary>
internal sealed class BrowserPage(DevTools tools) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task SignInAsync(Uri gateway, string adminKey, CancellationToken cancel)
    {
        await GoAsync(new Uri(gateway, "/console/signin"), cancel);
        await UntilAsync("document.getElementById('key') !== null", cancel);
        await RunAsync($"document.getElementById('key').value = {JsonSerializer.Serialize(adminKey)}; document.forms[0].requestSubmit()", cancel);
        await UntilAsync("document.querySelector('.gw-shell main h1') !== null", cancel);
    }

    /// <summary>Opens an address anew.</summary>
    /// <param name="address">The page's.</param>
    /// <param name="shows">What is there when the page can be used.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>The milliseconds from the browser's first move until that was drawn into the page, by the browser's own clock.</returns>
    public async Task<double> OpenAsync(Uri address, string shows, CancellationToken cancel)
    {
        var selector = JsonSerializer.Serialize(shows);
        var watch = $"new MutationObserver((_, all) => {{ if (document.querySelector({selector})) {{ window.shownAt = performance.now(); all.disconnect(); }} }}).observe(document, {{ childList: true, subtree: true }})";
        var added = await tools.CallAsync("Page.addScriptToEvaluateOnNewDocument", new { source = watch }, cancel);
        await GoAsync(address, cancel);
        await UntilAsync("window.shownAt !== undefined", cancel);
        var taken = (await RunAsync("window.shownAt", cancel)).GetDouble();
        await tools.CallAsync("Page.removeScriptToEvaluateOnNewDocument", new { identifier = added.GetProperty("identifier").GetString() }, cancel);
        return taken;
    }

    /// <summary>Waits until a script's value is true.</summary>
    public async Task UntilAsync(string script, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        while ((await RunAsync(script, cancel)).ValueKind != JsonValueKind.True)
        {
            if (Stopwatch.GetElapsedTime(begun) > Patience)
            {
                throw new InvalidOperationException($"The page never came to '{script}': {await RunAsync("location.href + ' ' + document.body.innerText.slice(0, 500)", cancel)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancel);
        }
    }

    /// <summary>Counts from now on how often the page is changed.</summary>
    public Task CountChangesAsync(CancellationToken cancel) => RunAsync(
        "window.changes = 0; window.counting ??= new MutationObserver(() => window.changes++).observe(document, { childList: true, subtree: true, characterData: true, attributes: true }) ?? true", cancel);

    public async Task<int> ChangesAsync(CancellationToken cancel) => (await RunAsync("window.changes", cancel)).GetInt32();

    public async ValueTask DisposeAsync()
    {
        try
        {
            await tools.CallAsync("Page.close", new { }, CancellationToken.None);
        }
        catch (Exception gone) when (gone is InvalidOperationException or System.Net.WebSockets.WebSocketException)
        {
            // It closed before it answered.
        }

        await tools.DisposeAsync();
    }

    private Task<JsonElement> GoAsync(Uri address, CancellationToken cancel) => tools.CallAsync("Page.navigate", new { url = address.AbsoluteUri }, cancel);

    private async Task<JsonElement> RunAsync(string script, CancellationToken cancel)
    {
        var answer = await tools.CallAsync("Runtime.evaluate", new { expression = script, returnByValue = true }, cancel);
        return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }
}
