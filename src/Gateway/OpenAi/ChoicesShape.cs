namespace Gateway.OpenAi;

/// <summary>What an answer's top-level <c>choices</c> is.</summary>
internal enum ChoicesShape
{
    Absent,

    /// <summary>An array with nothing in it.</summary>
    Empty,

    /// <summary>An array with something in it, or no array at all.</summary>
    Filled,
}
