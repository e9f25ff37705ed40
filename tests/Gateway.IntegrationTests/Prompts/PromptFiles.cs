using System.Text;
using Xunit;

namespace Gateway.IntegrationTests.Prompts;

/// <summary>What lies on the disk, byte by byte.</summary>
internal static class PromptFiles
{
    public static async Task<IReadOnlyList<string>> HoldingAsync(string folder, string text)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        var holding = new List<string>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
            if (bytes.AsSpan().IndexOf(wanted) >= 0)
            {
                holding.Add(path);
            }
        }

        return holding;
    }
}
