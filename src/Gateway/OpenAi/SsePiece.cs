namespace Gateway.OpenAi;

/// <summary>What a run of an event stream's bytes is. Pieces follow one another without gaps: every byte of the stream is in exactly one.</summary>
internal enum SsePiece
{
    /// <summary>A byte order mark at the stream's start.</summary>
    ByteOrderMark,

    /// <summary>A comment line, or as much of it as the chunk holds.</summary>
    Comment,

    /// <summary>A line with a field, or as much of it as the chunk holds.</summary>
    Field,

    /// <summary>The empty line that ends an event (or stands alone).</summary>
    EventEnd,

    /// <summary>The LF of a CRLF whose CR was the last byte of the chunk before: it belongs to the line before.</summary>
    LineFeed,
}
