namespace Gateway.Console.Playground;

/// <summary>One message of the reader and what came back for it.</summary>
internal sealed class ChatTurn(string text, IReadOnlyList<ChatImage> images, TimeProvider time)
{
    public string Text { get; } = text;

    public IReadOnlyList<ChatImage> Images { get; } = images;

    public ChatAnswer Answer { get; } = new(time);
}
