namespace Gateway.OpenAi;

/// <summary>Where else than in the body a call's model may be named.</summary>
/// <param name="InPath">The path's model, which wins over the body's; null where the path names none.</param>
/// <param name="Default">The model that a body without one means; null where a body must name its model.</param>
internal readonly record struct NamedModel(string? InPath, string? Default)
{
    /// <summary>In the body and nowhere else.</summary>
    public static readonly NamedModel InBody;
}
