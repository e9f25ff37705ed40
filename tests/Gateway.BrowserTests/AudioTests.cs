using Gateway.BrowserTests.Infrastructure;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.BrowserTests;

public sealed class AudioTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_becomes_text_or_english_and_is_charged_to_the_key()
    {
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync(
            call.RequestLine.Contains("translations", StringComparison.Ordinal) ? "Good day <b>to all</b>" : "Guten Tag <b>allen</b>", 200, "text/plain"));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await gateway.NewKeyAsync(new { name = "voice" });
        using var folder = new TempFolder();
        var file = folder.File("geheim name.mp3");
        var sound = new byte[300_000];
        new Random(7).NextBytes(sound);
        await File.WriteAllBytesAsync(file, sound, Cancel);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey);
        browser.Go("/console/playground?tab=audio");
        browser.Find("#audio-model");

        browser.Elements(".gw-drop input[type=file]").Single().SendKeys(file);
        browser.Shows("geheim name.mp3");
        browser.Click("Transcribe");
        browser.Shows("Guten Tag <b>allen</b>", "#audio-answer");
        browser.Find("#audio-answer a[href*='/console/requests/req_']");
        browser.Click("Translate to English");
        browser.Shows("Good day <b>to all</b>", "#audio-answer");

        Assert.Empty(browser.AxeFindings());
        Assert.Empty(browser.Complaints());
        var calls = upstream.Calls.Where(call => call.RequestLine.StartsWith("POST", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, calls.Count);
        // All of the file, under a name that tells its form and nothing else.
        Assert.All(calls, call => Assert.True(call.Body.AsSpan().IndexOf(sound) > 0));
        Assert.All(calls, call => Assert.True(call.Body.AsSpan().IndexOf("filename=audio.mp3"u8) > 0 && call.Body.AsSpan().IndexOf("geheim"u8) < 0));
        var rows = (await browser.LatestRowAsync(gateway)).GetProperty("data");
        Assert.Equal("audio/translations", rows[0].GetProperty("endpoint").GetString());
    }

    [Fact]
    public async Task A_refusal_shows_where_the_text_would_be()
    {
        await using var upstream = FakeUpstream.Answering("""{"error":{"message":"That is no sound <i>at all</i>","type":"invalid_request_error","code":"bad_audio"}}""", 400);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await gateway.NewKeyAsync(new { name = "voice" });
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("note.wav"), "not a sound", Cancel);
        using var browser = Browser.SignedIn(gateway.Address, GatewayHost.AdminKey, Browser.Narrow);
        browser.Go("/console/playground?tab=audio");
        browser.Find("#audio-model");

        browser.Elements(".gw-drop input[type=file]").Single().SendKeys(folder.File("note.wav"));
        browser.Click("Transcribe");

        browser.Shows("That is no sound <i>at all</i>", "#audio-answer");
        browser.Shows("bad_audio", "#audio-answer");
        var (drawn, fits) = browser.Widths();
        Assert.True(drawn <= fits, $"{drawn} wide, {fits} show.");
    }
}
