using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Gateway.Storage;

/// <summary>What EF Core writes or compares with is text that both databases take.</summary>
internal sealed class SafeTextConverter() : ValueConverter<string, string>(text => SafeText.Of(text), text => text);
