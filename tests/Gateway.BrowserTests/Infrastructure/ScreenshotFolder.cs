namespace Gateway.BrowserTests.Infrastructure;

/// <summary>Where pictures of the pages go, for who wants to look at them; null where nobody does.</summary>
internal static class ScreenshotFolder
{
    public static string? Path { get; } = Environment.GetEnvironmentVariable("GATEWAY_SCREENSHOTS");
}
