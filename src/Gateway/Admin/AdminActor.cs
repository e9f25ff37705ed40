using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>Who makes a change by a call: whoever holds the admin key, from the address that the connection came from.</summary>
internal static class AdminActor
{
    public const string AdminKey = "admin_key";

    public static ChangedBy Of(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        return new ChangedBy(AdminKey, (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString());
    }
}
