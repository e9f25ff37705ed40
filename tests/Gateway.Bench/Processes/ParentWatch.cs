namespace Gateway.Bench.Processes;

/// <summary>Ends a helper process with the benchmark that started it, however that one ended: its side of the pipe closes then.</summary>
internal static class ParentWatch
{
    public static async Task UntilParentLeavesAsync()
    {
        await using var input = System.Console.OpenStandardInput();
        await input.CopyToAsync(Stream.Null);
    }
}
