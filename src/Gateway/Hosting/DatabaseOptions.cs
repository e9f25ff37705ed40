using System.ComponentModel.DataAnnotations;

namespace Gateway.Hosting;

/// <summary>Where keys and ledger are kept: <c>Gateway:Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary>The database's kind. Default <c>sqlite</c>, a file in the data directory; <c>postgres</c> for replicas, which share it.</summary>
    [AllowedValues("sqlite", "postgres")]
    public string Provider { get; set; } = "sqlite";

    /// <summary>How PostgreSQL is reached: <c>Host=…;Database=…;Username=…;Password=…</c> with whatever else Npgsql reads, or <c>postgresql://user:password@host:5432/database</c>. Default: none.</summary>
    [DataType(DataType.Password)]
    public string? ConnectionString { get; set; }
}
