namespace Gateway.Console.Playground;

/// <summary>A picture that goes with a message.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="DataUrl">The picture itself.</param>
/// <param name="Thumbnail">A small one to show; null where the browser made none.</param>
/// <param name="Bytes">Its size.</param>
public sealed record ChatImage(string Name, string DataUrl, string? Thumbnail, long Bytes);
