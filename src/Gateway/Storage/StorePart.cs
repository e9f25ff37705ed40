namespace Gateway.Storage;

/// <summary>Reading and writing fail apart: a full disk still reads.</summary>
internal enum StorePart
{
    Reads,
    Writes,
}
