namespace Gateway.Prompts;

/// <summary>A place in a text that must not be kept. <paramref name="End"/> is exclusive.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">The character behind its last.</param>
/// <param name="Kind">What it is; stands in its place.</param>
internal readonly record struct TextSpan(int Start, int End, string Kind);
