using System.Text.Json;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using Xunit;

namespace Gateway.BrowserTests.Infrastructure;

/// <summary>A real Chromium without a window. Waits are for what the page shows, never for a time.</summary>
internal sealed class Browser : IDisposable
{
    public const int Wide = 1280;
    public const int Narrow = 390;

    /// <summary>A name of this machine that browsers do not take for their own: over plain HTTP it is no secure context, as any other host is.</summary>
    public const string OtherHost = "gateway.test";

    private const int MostTabs = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ChromeDriver _driver;
    private readonly Uri _address;

    private Browser(ChromeDriver driver, Uri address) => (_driver, _address) = (driver, address);

    public string Url => _driver.Url;

    public string Source => _driver.PageSource;

    /// <param name="address">The gateway's.</param>
    /// <param name="width">The window's.</param>
    /// <param name="dark">Whether its reader likes it dark.</param>
    /// <param name="language">Its reader's.</param>
    public static Browser Open(Uri address, int width = Wide, bool dark = false, string language = "en-US")
    {
        var options = new ChromeOptions { BinaryLocation = "/usr/bin/chromium" };
        options.AddArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", $"--lang={language}", $"--window-size={width},900", $"--host-resolver-rules=MAP {OtherHost} 127.0.0.1");
        options.AddUserProfilePreference("intl.accept_languages", language);
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        var service = ChromeDriverService.CreateDefaultService("/usr/bin", "chromedriver");
        service.SuppressInitialDiagnosticInformation = true;
        var driver = new ChromeDriver(service, options, TimeSpan.FromMinutes(3));
        var browser = new Browser(driver, address);
        browser.Resize(width);
        browser.SetDark(dark);
        return browser;
    }

    /// <summary>The same after signing in with the admin key.</summary>
    public static Browser SignedIn(Uri address, string adminKey, int width = Wide, bool dark = false, string language = "en-US")
    {
        var browser = Open(address, width, dark, language);
        browser.Go("/");
        browser.Find("#key").SendKeys(adminKey + Key.Enter);
        browser.Find(".gw-shell main h1");
        return browser;
    }

    public void Resize(int width) => _driver.ExecuteCdpCommand(
        "Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });

    public void SetDark(bool dark) => _driver.ExecuteCdpCommand(
        "Emulation.setEmulatedMedia", new() { ["features"] = new[] { new Dictionary<string, object> { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" } } });

    /// <summary>Moves the browser to another time zone.</summary>
    public void MoveTo(string zone) => _driver.ExecuteCdpCommand("Emulation.setTimezoneOverride", new() { ["timezoneId"] = zone });

    public void Go(string path) => _driver.Navigate().GoToUrl(new Uri(_address, path));

    public void Back() => _driver.Navigate().Back();

    public void Reload() => _driver.Navigate().Refresh();

    /// <summary>The first element for the selector, once there is one that shows.</summary>
    public IWebElement Find(string selector) => WaitFor(() => Elements(selector).FirstOrDefault(element => element.Displayed), $"'{selector}' to show");

    public IReadOnlyList<IWebElement> Elements(string selector) => _driver.FindElements(By.CssSelector(selector));

    /// <summary>Clicks what has just this text, once it is there.</summary>
    public void Click(string text, string within = "body") => WaitFor(
        () =>
        {
            foreach (var element in Elements($"{within} button, {within} a, {within} summary"))
            {
                if (element.Displayed && element.Text.Trim() == text)
                {
                    element.Click();
                    return element;
                }
            }

            return null;
        },
        $"a button '{text}'");

    /// <summary>Types into a field, over what it holds.</summary>
    public void Fill(string selector, string text)
    {
        var typed = text.TrimEnd(Key.Tab[0], Key.Enter[0]);
        WaitFor(
            () =>
            {
                var field = Find(selector);
                field.SendKeys(Key.Control + "a");
                field.SendKeys(typed);
                // A dialog that still opens takes the focus, and with it the selection: what stood there is still there.
                return field.GetDomProperty("value") == typed ? field : null;
            },
            $"the field '{selector}' to hold '{typed}'");
        Find(selector).SendKeys(text[typed.Length..]);
    }

    /// <summary>Chooses by an option's value, as a reader's choice would.</summary>
    public void Choose(string selector, string value)
    {
        Find(selector);
        Run("const s = document.querySelector(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('change', { bubbles: true }));", selector, value);
    }

    public void Press(string keys) => new OpenQA.Selenium.Interactions.Actions(_driver).SendKeys(keys).Perform();

    /// <summary>Presses Tab until the element has the focus, as one does who has no mouse.</summary>
    public void TabTo(string selector)
    {
        Find(selector);
        for (var presses = 0; presses < MostTabs; presses++)
        {
            if (Run("return document.activeElement?.matches(arguments[0]) ?? false", selector) is true)
            {
                return;
            }

            Press(Key.Tab);
        }

        throw new InvalidOperationException($"'{selector}' can't be reached by the Tab key at {Url}.");
    }

    public object? Run(string script, params object[] arguments) => _driver.ExecuteScript(script, arguments);

    public string Text(string selector) => Find(selector).Text;

    /// <summary>Waits until the page shows the text.</summary>
    public void Shows(string text, string within = "body") =>
        WaitFor(() => Elements(within).Any(element => element.Text.Contains(text, StringComparison.Ordinal)) ? text : null, $"the text '{text}' in '{within}'");

    public T WaitFor<T>(Func<T?> look, string what)
        where T : class
    {
        var end = TimeProvider.System.GetTimestamp() + (long)(Patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            try
            {
                if (look() is { } found)
                {
                    return found;
                }
            }
            catch (Exception moved) when (moved is StaleElementReferenceException or ElementNotInteractableException or NoSuchElementException)
            {
                // Drawn anew meanwhile.
            }

            if (TimeProvider.System.GetTimestamp() > end)
            {
                throw new InvalidOperationException($"Waited for {what} at {Url}. The page says:\n{_driver.FindElement(By.TagName("body")).Text}");
            }

            TestContext.Current.CancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(30));
        }
    }

    /// <summary>What the browser complained of: refused by the policy, failed to load, thrown.</summary>
    public IReadOnlyList<string> Complaints() =>
        [.. _driver.Manage().Logs.GetLog(LogType.Browser).Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Message)];

    /// <summary>The widths of what is drawn and of what shows.</summary>
    public (long Drawn, long Shown) Widths() => ((long)(Run("return document.documentElement.scrollWidth") ?? 0L), (long)(Run("return innerWidth") ?? 0L));

    /// <summary>axe-core's serious and critical findings.</summary>
    public IReadOnlyList<string> AxeFindings()
    {
        _driver.ExecuteScript(AxeScript.Text);
        var json = (string?)_driver.ExecuteAsyncScript(
            "const done = arguments[arguments.length - 1]; axe.run(document, { resultTypes: ['violations'] })"
            + ".then(found => done(JSON.stringify(found.violations.map(v => ({ id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.html) })))), failure => done(JSON.stringify([{ id: String(failure), impact: 'critical', nodes: [] }])));");
        using var found = JsonDocument.Parse(json ?? "[]");
        return [.. found.RootElement.EnumerateArray()
            .Where(violation => violation.GetProperty("impact").GetString() is "serious" or "critical")
            .Select(violation => $"{violation.GetProperty("id").GetString()}: {string.Join(" | ", violation.GetProperty("nodes").EnumerateArray().Take(5).Select(node => node.GetString()))}")];
    }

    public byte[] Screenshot()
    {
        var height = (long)(Run("return document.documentElement.scrollHeight") ?? 0L);
        var width = (long)(Run("return innerWidth") ?? 0L);
        var clip = new Dictionary<string, object> { ["x"] = 0, ["y"] = 0, ["width"] = width, ["height"] = height, ["scale"] = 1 };
        var shot = (Dictionary<string, object>?)_driver.ExecuteCdpCommand("Page.captureScreenshot", new() { ["format"] = "png", ["captureBeyondViewport"] = true, ["clip"] = clip });
        return Convert.FromBase64String((string)(shot?["data"] ?? ""));
    }

    public void Dispose() => _driver.Dispose();
}
