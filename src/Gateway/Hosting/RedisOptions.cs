using System.ComponentModel.DataAnnotations;

namespace Gateway.Hosting;

/// <summary>Where counters that replicas share are kept: <c>Gateway:Redis</c>.</summary>
public sealed class RedisOptions
{
    /// <summary>How Redis is reached. Default and only choice so far: none, counters live in this process.</summary>
    [DataType(DataType.Password)]
    [AllowedValues(new object?[] { null }, ErrorMessage = "is not available in this version")]
    public string? Configuration { get; set; }
}
