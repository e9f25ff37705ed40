namespace Gateway.OpenAi;

/// <summary>What stands in a body where <c>stream_options.include_usage</c> belongs.</summary>
internal enum UsageSlotKind
{
    /// <summary>No <c>stream_options</c>: a whole field is to be written at the slot's start.</summary>
    NoOptions,

    /// <summary><c>stream_options</c> is null: the slot is that null.</summary>
    NullOptions,

    /// <summary><c>stream_options</c> is <c>{}</c>: the slot's start is behind its brace.</summary>
    EmptyOptions,

    /// <summary><c>stream_options</c> has other members: the slot's start is behind its brace.</summary>
    OtherOptions,

    /// <summary>The caller said false or null: the slot is that value.</summary>
    NotAsked,

    /// <summary>The caller said true.</summary>
    Asked,
}
