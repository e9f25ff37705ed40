using System.ComponentModel.DataAnnotations;

namespace Gateway.Proxy;

/// <summary>How calls pass: the part of the section <c>Gateway</c> that the proxy reads.</summary>
public sealed class ProxyOptions
{
    /// <summary>Largest request body, in bytes. Default 32 MiB; 1 KiB to 1 GiB. Above: 413.</summary>
    [Range(1024, 1 << 30)]
    public long MaxRequestBodyBytes { get; set; } = 32 << 20;

    /// <summary>
    /// The most tokens of one answer, under a hard limit, where neither the caller nor the model's settings say. Default 4,096; 1 to 10,000,000.
    /// </summary>
    [Range(1, 10_000_000)]
    public int DefaultMaxOutputTokens { get; set; } = 4096;

    /// <summary>Large bodies. Default: see there.</summary>
    public UploadOptions Uploads { get; } = new();

    /// <summary>How long running calls may go on after SIGTERM, in seconds. Default 30; 0 to 3,600.</summary>
    [Range(0, 3600)]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>How a call goes on whose target failed. Default: see there.</summary>
    public AttemptOptions Attempts { get; } = new();

    /// <summary>How long an upstream may take. Default: see there.</summary>
    public TimeoutOptions Timeouts { get; } = new();

    /// <summary>Which models are meant where a call names none. Default: see there.</summary>
    public DefaultModelOptions DefaultModels { get; } = new();

    /// <summary>Further paths that are forwarded, keyed and metered like the rest, each with the provider that it goes to. Default: none.</summary>
    public Dictionary<string, string> ExtraPaths { get; } = new(StringComparer.OrdinalIgnoreCase);
}
