using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.BrowserTests.Infrastructure;

/// <summary>What the ledger says to what the browser did.</summary>
internal static class BrowserRows
{
    public static async Task<JsonElement> LatestRowAsync(this Browser browser, GatewayHost gateway)
    {
        ArgumentNullException.ThrowIfNull(browser);
        return JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/requests?limit=1", UriKind.Relative)));
    }
}
