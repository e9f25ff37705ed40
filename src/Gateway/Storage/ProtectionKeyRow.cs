namespace Gateway.Storage;

/// <summary>A key that protects what the console gives a browser to keep, in ASP.NET Core's own XML. Shared, so that a page made by one replica works on another.</summary>
internal sealed class ProtectionKeyRow
{
    public required string Id { get; init; }

    public required string Xml { get; init; }
}
