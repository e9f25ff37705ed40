namespace Gateway.OpenAi;

/// <summary>Where in a body the upstream can be asked for a stream's usage.</summary>
internal readonly record struct UsageSlot(UsageSlotKind Kind, ByteRange Range);
