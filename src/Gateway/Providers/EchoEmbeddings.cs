using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>
/// The built-in model's embeddings: for each input a vector of length 1 that only its JSON decides, so that equal inputs are near
/// and a test can tell unequal ones apart. It means nothing.
/// </summary>
internal sealed class EchoEmbeddings(EchoRequest ask, EchoWriter writer, PromptCounter prompts)
{
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> WholeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        writer.Reset();
        writer.Raw("{\"object\":\"list\",\"data\":["u8);
        for (var index = 0; index < ask.Texts.Count; index++)
        {
            cancel.ThrowIfCancellationRequested();
            writer.Raw(index > 0 ? ",{\"object\":\"embedding\",\"index\":"u8 : "{\"object\":\"embedding\",\"index\":"u8);
            writer.Number(index);
            writer.Raw(",\"embedding\":"u8);
            WriteVector(ask.Texts[index][0]);
            writer.Raw("}"u8);
            yield return writer.Written;
            writer.Reset();
        }

        var prompt = await prompts.CountPromptAsync(ask.Body, ask.Endpoint, TokenEncodings.O200kBase, cancel);
        writer.Raw("],"u8);
        writer.ModelField();
        writer.Raw(",\"usage\":{\"prompt_tokens\":"u8);
        writer.Number(prompt.Tokens);
        writer.Raw(",\"total_tokens\":"u8);
        writer.Number(prompt.Tokens);
        writer.Raw("}}"u8);
        yield return writer.Written;
    }

    private void WriteVector(EchoSegment input)
    {
        var vector = VectorOf(ask.Body.Span.Slice(input.Start, input.Length), ask.Dimensions);
        if (ask.Base64)
        {
            writer.Raw(Encoding.ASCII.GetBytes($"\"{Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector))}\""));
            return;
        }

        writer.Raw("["u8);
        for (var i = 0; i < vector.Length; i++)
        {
            writer.Raw(i > 0 ? ","u8 : ""u8);
            writer.Raw(Encoding.ASCII.GetBytes(vector[i].ToString("R", CultureInfo.InvariantCulture)));
        }

        writer.Raw("]"u8);
    }

    private static float[] VectorOf(ReadOnlySpan<byte> json, int dimensions)
    {
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(json, block);
        var vector = new float[dimensions];
        var squares = 0f;
        for (var i = 0; i < dimensions; i++)
        {
            var at = i % (SHA256.HashSizeInBytes / sizeof(int)) * sizeof(int);
            if (i > 0 && at == 0)
            {
                SHA256.HashData(block, block);
            }

            vector[i] = BinaryPrimitives.ReadInt32LittleEndian(block[at..]) / (float)int.MaxValue;
            squares += vector[i] * vector[i];
        }

        var length = MathF.Sqrt(squares);
        for (var i = 0; i < dimensions; i++)
        {
            vector[i] /= length;
        }

        return vector;
    }
}
