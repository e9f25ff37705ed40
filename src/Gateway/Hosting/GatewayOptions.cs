using System.ComponentModel.DataAnnotations;
using Gateway.Console;
using Gateway.Ledger;
using Gateway.Prompts;
using Gateway.Telemetry;
using Gateway.Webhooks;

namespace Gateway.Hosting;

/// <summary>The part of the section <c>Gateway</c> that concerns the process as a whole.</summary>
public sealed class GatewayOptions
{
    /// <summary>The folder for everything that the gateway writes, from the working directory. Default <c>data</c>.</summary>
    [MinLength(1)]
    public string DataDirectory { get; set; } = "data";

    /// <summary>The credential for <c>/admin</c> and the console: visible ASCII characters, at least 16. Default: one is made and kept in the file <c>admin-key</c> of the data directory.</summary>
    [DataType(DataType.Password)]
    [MinLength(16)]
    [RegularExpression("[!-~]+", ErrorMessage = "visible ASCII characters without spaces are accepted")]
    public string? AdminKey { get; set; }

    /// <summary>Where keys and ledger are kept. Default: see there.</summary>
    public DatabaseOptions Database { get; } = new();

    /// <summary>Whether prompts and answers are kept. Default: see there.</summary>
    public PromptLogOptions PromptLog { get; } = new();

    /// <summary>The ledger's buffer. Default: see there.</summary>
    public LedgerOptions Ledger { get; } = new();

    /// <summary>Which metrics there are and who may read them. Default: see there.</summary>
    public MetricsOptions Metrics { get; } = new();

    /// <summary>Where alerts are sent. Default: see there.</summary>
    public WebhookOptions Webhooks { get; } = new();

    /// <summary>The pages for people. Default: see there.</summary>
    public ConsoleOptions Console { get; } = new();

    /// <summary>The origins of web pages that may call the API from a browser, such as <c>https://chat.example.org</c>; <c>*</c> for all. Default: none.</summary>
    public List<string> CorsOrigins { get; } = [];
}
