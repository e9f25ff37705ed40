using System.Diagnostics;
using System.Text.Json;
using Gateway.Bench.Processes;
using Gateway.Bench.Stores;

namespace Gateway.Bench.Browsing;

/// <summary>A real browser without a window, with a profile of its own, spoken to by its DevTools protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string SharedMemory = "/dev/shm";

    private readonly int _port;
    private readonly ChildProcess _process;
    private readonly DirectoryInfo _profile;
    private readonly DevTools _browser;

    private Chromium(int port, ChildProcess process, DirectoryInfo profile, DevTools browser) => (_port, _process, _profile, _browser) = (port, process, profile, browser);

    /// <summary>Null where none is installed.</summary>
    /// <param name="processes">Owns what is started.</param>
    /// <param name="folder">Where it may write.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Chromium?> StartAsync(ProcessGroup processes, DirectoryInfo folder, CancellationToken cancel)
    {
        if ((Programs.Find("chromium") ?? Programs.Find("google-chrome")) is not { } program)
        {
            return null;
        }

        var port = FreePort.Pick();
        // In memory where that can be: what a browser writes would keep the databases waiting for the disk.
        var profile = Directory.CreateDirectory(Path.Combine(Directory.Exists(SharedMemory) ? SharedMemory : folder.FullName, $"gateway-chromium-{port}"));
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            $"--remote-debugging-port={port}", $"--user-data-dir={profile.FullName}", "--window-size=1280,900", "about:blank",
        ];
        var process = processes.Add(ChildProcess.Start("chromium", program, arguments, profile.FullName));
        await process.WaitForPortAsync(port, cancel);
        using var http = new HttpClient();
        var version = await http.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{port}/json/version", cancel);
        var address = version.GetProperty("webSocketDebuggerUrl").GetString() ?? throw new InvalidDataException("Chromium tells no address of its own.");
        return new Chromium(port, process, profile, await DevTools.ConnectAsync(new Uri(address), cancel));
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

    /// <summary>
    /// Has all of it give way to everything else that wants to run, or no longer. Not by nice: as root, Chromium takes back what it needs for its drawing.
    /// And not for good: on a busy machine a page would never open.
    /// </summary>
    public async Task GiveWayAsync(bool givesWay, CancellationToken cancel)
    {
        foreach (var process in new ProcessMeter(_process.Id).Processes)
        {
            using var change = Process.Start("chrt", ["--all-tasks", givesWay ? "--idle" : "--other", "--pid", "0", $"{process}"]);
            // One that ended meanwhile has nothing to give.
            await change.WaitForExitAsync(cancel);
        }
    }

    /// <summary>Keeps all of it on some cores: the caches of the others are left alone.</summary>
    public async Task BindAsync(string cores, CancellationToken cancel)
    {
        foreach (var process in new ProcessMeter(_process.Id).Processes)
        {
            await Cores.BindAsync(process, cores, cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        await _process.DisposeAsync();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A process of its own wrote there at the last moment.
        }
    }
}
