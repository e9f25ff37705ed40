using System.ComponentModel.DataAnnotations;

namespace Gateway.Proxy;

/// <summary>Which model a call means that names none, where the API lets it: <c>Gateway:DefaultModels</c>. For routing, limits and prices; nothing is added to the body.</summary>
public sealed class DefaultModelOptions
{
    /// <summary>Of <c>moderations</c>. Default <c>omni-moderation-latest</c>.</summary>
    [MinLength(1)]
    public string Moderations { get; set; } = "omni-moderation-latest";

    /// <summary>Of <c>images/generations</c>, <c>images/edits</c> and <c>images/variations</c>. Default <c>dall-e-2</c>.</summary>
    [MinLength(1)]
    public string Images { get; set; } = "dall-e-2";

    /// <summary>The model that a body without one means; null where it must name one.</summary>
    internal string? Of(string? name) => name switch
    {
        "moderations" => Moderations,
        "images" => Images,
        _ => null,
    };
}
