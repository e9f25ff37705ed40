namespace Gateway.Providers;

/// <summary>A model as <c>GET /v1/models</c> lists it.</summary>
internal sealed record ListedModel(string Id, string OwnedBy)
{
    /// <summary>Clients want a time of creation and use it for nothing; the same for all, so that answers compare equal (2025-01-01).</summary>
    public const long Created = 1_735_689_600;
}
