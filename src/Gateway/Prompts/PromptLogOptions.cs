using System.ComponentModel.DataAnnotations;

namespace Gateway.Prompts;

/// <summary>Whether prompts and answers are kept, and how: <c>Gateway:PromptLog</c>.</summary>
public sealed class PromptLogOptions
{
    /// <summary>
    /// Whether prompts and answers of calls are kept, for keys and teams whose own <c>log_prompts</c> says nothing. Default true: what is kept is redacted first.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Days after which a prompt and its answer are gone, from the disk too. Default 30; 1 to 3,650.</summary>
    [Range(1, 3650)]
    public int RetentionDays { get; set; } = 30;

    /// <summary>The most that is kept of one call's prompt and answer together, in bytes; the rest is cut off, at a character. Default 65,536; 1,024 to 16,777,216.</summary>
    [Range(1024, 16 << 20)]
    public int MaxBytesPerRecord { get; set; } = 64 * 1024;

    /// <summary>
    /// What is taken out before anything is written: <c>email</c>, <c>phone</c>, <c>card</c>, <c>iban</c>, <c>secret</c> (API keys of known vendors, bearer tokens,
    /// JWTs, private keys, the gateway's own); <c>none</c> alone for nothing. Default: all of them.
    /// </summary>
    public List<string>? Redact { get; set; }

    /// <summary>Further patterns to take out, by a name of your own that takes their place: regular expressions of .NET without look-around and back-references. Default: none.</summary>
    public Dictionary<string, string> RedactPatterns { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Records that may wait to be redacted and written; those beyond are dropped and counted. Default 10,000; 10 to 1,000,000.</summary>
    [Range(10, 1_000_000)]
    public int QueueRows { get; set; } = 10_000;

    /// <summary>What waiting records may hold together, in bytes; those beyond are dropped and counted. Default 67,108,864; 1,048,576 to 1,073,741,824.</summary>
    [Range(1 << 20, 1 << 30)]
    public long QueueBytes { get; set; } = 64L << 20;
}
