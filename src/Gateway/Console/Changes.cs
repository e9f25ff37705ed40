using System.Data.Common;
using Gateway.OpenAi;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Console;

/// <summary>A change that a page asks for.</summary>
internal static class Changes
{
    /// <summary>Makes it. A database that is away refuses it like anything else does: in words, beside the button.</summary>
    /// <returns>Why it was not made; null where it was.</returns>
    public static async Task<GatewayError?> TryAsync(Func<Task<GatewayError?>> change)
    {
        try
        {
            return await change();
        }
        catch (Exception failure) when (failure is DbException or DbUpdateException)
        {
            return GatewayError.StoreUnavailable();
        }
    }
}
