namespace Gateway.OpenAi;

/// <summary>A small text part of an upload.</summary>
/// <param name="Text">Its value.</param>
/// <param name="Start">Where in the body the value's bytes begin.</param>
/// <param name="Length">How many they are.</param>
internal sealed record UploadField(string Text, long Start, int Length);
