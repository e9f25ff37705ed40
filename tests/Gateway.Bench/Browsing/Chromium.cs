using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Bench.Processes;
using Gateway.Bench.Stores;

namespace Gateway.Bench.Browsing;

/// <summary>A real browser without a window, with a profile of its own, spoken to by its DevTools protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly int _port;
    private readonly DevTools _browser;

    private Chromium(int port, DevTools browser) => (_port, _browser) = (port, browser);

    /// <summary>Null where none is installed.</summary>
    public static async Task<Chromium?> StartAsync(ProcessGroup processes, DirectoryInfo folder, CancellationToken cancel)
    {
        if ((Programs.Find("chromium") ?? Programs.Find("google-chrome")) is not { } program)
        {
            return null;
        }

        var port = FreePort.Pick();
        var profile = folder.CreateSubdirectory($"chromium-{port}").FullName;
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            $"--remote-debugging-port={port}", $"--user-data-dir={profile}", "--window-size=1280,900", "about:blank",
        ];
        var process = processes.Add(ChildProcess.Start("chromium", program, arguments, profile));
        await process.WaitForPortAsync(port, cancel);
        using var http = new HttpClient();
        var version = await http.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{port}/json/version", cancel);
        var address = version.GetProperty("webSocketDebuggerUrl").GetString() ?? throw new InvalidDataException("Chromium tells no address of its own.");
        return new Chromium(port, await DevTools.ConnectAsync(new Uri(address), cancel));
    }

    /// <summary>A page in a window of its own: in a window's background it would be hidden, and a hidden page rests.</summary>
    public async Task<BrowserPage> OpenAsync(CancellationToken cancel)
    {
        var made = await _browser.CallAsync("Target.createTarget", new { url = "about:blank", newWindow = true, width = 1280, height = 900 }, cancel);
        var id = made.GetProperty("targetId").GetString();
        var tools = await DevTools.ConnectAsync(new Uri($"ws://127.0.0.1:{_port}/devtools/page/{id}"), cancel);
        await tools.CallAsync("Page.enable", new { }, cancel);
        return new BrowserPage(tools);
    }

    public ValueTask DisposeAsync() => _browser.DisposeAsync();
}
