using System.ComponentModel.DataAnnotations;

namespace Gateway.Hosting;

/// <summary>Where keys and ledger are kept: <c>Gateway:Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary>The database's kind. Default and only choice so far: <c>sqlite</c>, a file in the data directory.</summary>
    [AllowedValues("sqlite", ErrorMessage = "is not available in this version")]
    public string Provider { get; set; } = "sqlite";

    /// <summary>How the database is reached. Default and only choice so far: none.</summary>
    [DataType(DataType.Password)]
    [AllowedValues(new object?[] { null }, ErrorMessage = "is not available in this version")]
    public string? ConnectionString { get; set; }
}
