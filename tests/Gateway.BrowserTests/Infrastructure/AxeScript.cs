using Deque.AxeCore.Commons;

namespace Gateway.BrowserTests.Infrastructure;

/// <summary>axe-core, out of its package.</summary>
internal static class AxeScript
{
    public static string Text { get; } = new BundledAxeScriptProvider().GetScript();
}
