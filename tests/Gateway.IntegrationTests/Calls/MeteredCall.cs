namespace Gateway.IntegrationTests.Calls;

/// <summary>A call of the metering table: what is asked, and how the upstream answers it whole and in a stream.</summary>
internal sealed record MeteredCall(string Path, string Ask, string Answer, string? Stream, string Begin, string End);
