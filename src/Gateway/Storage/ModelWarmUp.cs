using Microsoft.EntityFrameworkCore;

namespace Gateway.Storage;

/// <summary>
/// Building the tables' model and the first query takes a third of a start, and nearly all of it is code that is loaded and compiled for the first
/// time. None of that needs a setting or a database, so it is done beside the rest of the start, which has one thread only.
/// </summary>
internal static class ModelWarmUp
{
    /// <summary>
    /// Begins it, where there is a processor for it. Nobody waits for it: whoever needs the model builds it, sooner for what was done by then, and meets
    /// whatever is wrong with it.
    /// </summary>
    public static void Begin()
    {
        // Before anything of SQLite runs.
        StorageServices.UseUnsharedConnections();
        if (Environment.ProcessorCount > 1)
        {
            _ = Task.Run(Build);
        }
    }

    private static void Build()
    {
        using var db = new GatewayDb(new DbContextOptionsBuilder<GatewayDb>().UseSqlite("Data Source=:memory:").Options);
        _ = db.Keys.AsNoTracking().Where(key => key.Id == "").ToQueryString();
    }
}
