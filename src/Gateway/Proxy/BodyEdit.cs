using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>One change to a body: these bytes of it are left out, and those are put in their place.</summary>
internal readonly record struct BodyEdit(ByteRange Removed, ReadOnlyMemory<byte> Inserted);
