using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Providers;

/// <summary>The JSON of OpenAI's answers, into one reused buffer: what was written is read before the next part begins.</summary>
internal sealed class EchoWriter(string id, long created, string model, bool isChat)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly byte[] _model = Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(model)}\"");

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Reset() => _buffer.ResetWrittenCount();

    public void Raw(ReadOnlySpan<byte> utf8) => _buffer.Write(utf8);

    public void Number(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        number.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        Raw(digits[..length]);
    }

    public void Head(string kind)
    {
        Raw("{\"id\":\""u8);
        Ascii(id);
        Raw("\",\"object\":\""u8);
        Ascii(kind);
        Raw("\",\"created\":"u8);
        Number(created);
        Raw(","u8);
        ModelField();
        Raw(",\"system_fingerprint\":null,\"choices\":["u8);
    }

    public void ModelField()
    {
        Raw("\"model\":"u8);
        Raw(_model);
    }

    public void ChunkHead()
    {
        Raw("data: "u8);
        Head(isChat ? "chat.completion.chunk" : "text_completion");
    }

    /// <param name="usageFollows">Whether the stream ends in a usage chunk: then every other chunk says that it has none.</param>
    public void ChunkTail(bool usageFollows) => Raw(usageFollows ? "],\"usage\":null}\n\n"u8 : "]}\n\n"u8);

    public void RoleChunk(int index, bool usageFollows)
    {
        ChunkHead();
        Raw("{\"index\":"u8);
        Number(index);
        Raw(",\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}"u8);
        ChunkTail(usageFollows);
    }

    public void TextChunk(int index, ReadOnlySpan<byte> text, bool usageFollows)
    {
        ChunkHead();
        Raw("{\"index\":"u8);
        Number(index);
        Raw(isChat ? ",\"delta\":{\"content\":\""u8 : ",\"text\":\""u8);
        Raw(text);
        Raw(isChat ? "\"},\"logprobs\":null,\"finish_reason\":null}"u8 : "\",\"logprobs\":null,\"finish_reason\":null}"u8);
        ChunkTail(usageFollows);
    }

    public void FinishChunk(int index, bool isCut, bool usageFollows)
    {
        ChunkHead();
        Raw("{\"index\":"u8);
        Number(index);
        Raw(isChat ? ",\"delta\":{},\"logprobs\":null,\"finish_reason\":"u8 : ",\"text\":\"\",\"logprobs\":null,\"finish_reason\":"u8);
        Raw(isCut ? "\"length\"}"u8 : "\"stop\"}"u8);
        ChunkTail(usageFollows);
    }

    public void UsageChunk(long promptTokens, long completionTokens)
    {
        ChunkHead();
        Raw("],"u8);
        Usage(promptTokens, completionTokens);
        Raw("}\n\n"u8);
    }

    public void ChoiceHead(int index)
    {
        Raw(index > 0 ? ",{\"index\":"u8 : "{\"index\":"u8);
        Number(index);
        Raw(isChat ? ",\"message\":{\"role\":\"assistant\",\"content\":\""u8 : ",\"text\":\""u8);
    }

    public void ChoiceTail(bool isCut)
    {
        Raw(isChat ? "\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":"u8 : "\",\"logprobs\":null,\"finish_reason\":"u8);
        Raw(isCut ? "\"length\"}"u8 : "\"stop\"}"u8);
    }

    public void Usage(long promptTokens, long completionTokens)
    {
        Raw("\"usage\":{\"prompt_tokens\":"u8);
        Number(promptTokens);
        Raw(",\"completion_tokens\":"u8);
        Number(completionTokens);
        Raw(",\"total_tokens\":"u8);
        Number(promptTokens + completionTokens);
        Raw(",\"prompt_tokens_details\":{\"cached_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0}}"u8);
    }

    private void Ascii(string text)
    {
        foreach (var c in text)
        {
            _buffer.GetSpan(1)[0] = (byte)c;
            _buffer.Advance(1);
        }
    }
}
