using System.Text;

namespace Gateway.UnitTests.Tokens;

/// <summary>Texts in many scripts, with what tokenizers trip over.</summary>
internal static class Texts
{
    private static readonly string[] Pieces =
    [
        "hello", "World", " ", "  ", "\n", "\r\n", "\t", "dog's", "'S", "I'LL", "it’s", "!", "?!", "...", "/", "//\n", "1234567", "3.14", "x2y", "²", "Ⅷ",
        "naïve", "cafe\u0301", "\u0301", "привет", "ГОРОД", "你好，世界。", "お誕生日", "สวัสดี", "नमस्ते", "مرحبا", "🎉", "👩‍👩‍👧", "𝒜𝓑", "𠀀字", "\u00a0", "\u3000", "\u2028",
        "<|endoftext|>", "camelCaseWord", "snake_case", "{\"a\": [1]}", "==", "\u200d", "ǅ", "ſ", "'ſ", "\0",
    ];

    public static string Random(Random random, int pieces)
    {
        var text = new StringBuilder();
        for (var i = 0; i < pieces; i++)
        {
            text.Append(Pieces[random.Next(Pieces.Length)]);
        }

        return text.ToString();
    }
}
