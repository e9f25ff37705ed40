using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Realtime;

/// <summary>Takes a caller's key away, as an admin does.</summary>
internal static class Revocation
{
    public static async Task OfAsync(GatewayHost gateway, string key)
    {
        using var caller = gateway.Client(key);
        var id = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative))).GetProperty("id").GetString();
        using var revoked = await gateway.Admin.DeleteAsync(new Uri($"/admin/keys/{id}", UriKind.Relative));
        revoked.EnsureSuccessStatusCode();
    }
}
