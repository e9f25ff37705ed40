namespace Gateway.Console.Playground;

/// <summary>What a reader sets for a chat; empty means that nothing is sent, so that the model's own default holds.</summary>
public sealed class ChatParameters
{
    public string? System { get; set; }

    public string? Temperature { get; set; }

    public string? TopP { get; set; }

    public string? MaxTokens { get; set; }

    public string? Stop { get; set; }

    public string? Seed { get; set; }

    public string Effort { get; set; } = "";

    public bool Json { get; set; }

    public bool Stream { get; set; } = true;

    /// <summary>A JSON object laid over the body last.</summary>
    public string? Raw { get; set; }

    /// <summary>Changes with any of them.</summary>
    internal int Stamp => HashCode.Combine(HashCode.Combine(System, Temperature, TopP, MaxTokens), HashCode.Combine(Stop, Seed, Effort, Json), HashCode.Combine(Stream, Raw));
}
