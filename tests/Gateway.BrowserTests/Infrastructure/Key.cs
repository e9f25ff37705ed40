namespace Gateway.BrowserTests.Infrastructure;

/// <summary>Keys without a letter. Selenium's own class has the name of one of the gateway's rooms.</summary>
internal static class Key
{
    public static readonly string Enter = OpenQA.Selenium.Keys.Enter;
    public static readonly string Tab = OpenQA.Selenium.Keys.Tab;
    public static readonly string Control = OpenQA.Selenium.Keys.Control;
}
