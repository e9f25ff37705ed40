namespace Gateway.Storage;

/// <summary>Where this process keeps what it writes to its own disk, whichever database it uses.</summary>
/// <param name="Path">The whole path of <c>Gateway:DataDirectory</c>.</param>
internal sealed record DataFolder(string Path);
