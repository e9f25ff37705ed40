namespace Gateway.Console.Playground;

/// <summary>One message of the reader and what came back for it.</summary>
internal sealed class ChatTurn(string text, IReadOnlyList<ChatImage> images, ChatAnswer answer)
{
    public ChatTurn(string text, IReadOnlyList<ChatImage> images, TimeProvider time)
        : this(text, images, new ChatAnswer(time))
    {
    }

    public string Text { get; } = text;

    public IReadOnlyList<ChatImage> Images { get; } = images;

    public ChatAnswer Answer { get; } = answer;

    public static ChatTurn Of(KeptTurn kept, TimeProvider time) => new(kept.Text, kept.Images, ChatAnswer.Of(kept.Answer, time));

    public KeptTurn Kept(bool withImages) => new(Text, withImages ? Images : [.. Images.Select(image => image with { DataUrl = "", Thumbnail = null })], Answer.Kept());
}
