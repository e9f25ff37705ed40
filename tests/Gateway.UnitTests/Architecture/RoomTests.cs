using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.UnitTests.Architecture;

/// <summary>Which room may know which: docs/architecture.md as a table.</summary>
public sealed partial class RoomTests
{
    private static readonly string[] Ground = ["Tokens", "OpenAi", "Storage", "Telemetry"];

    private static readonly string[] Middle = ["Keys", "Providers", "Quotas", "Ledger", "Prompts", .. Ground];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [""] = ["Hosting"],
        ["Hosting"] = ["Proxy", "Admin", "Console", "Webhooks", .. Middle],
        ["Proxy"] = Middle,
        ["Admin"] = Middle,
        ["Console"] = Middle,
        // For the way out: what a provider's call may not reach, no webhook may.
        ["Webhooks"] = ["Providers", "Telemetry"],
        // For limits alone: a key carries its own, resolved when it is loaded.
        ["Keys"] = ["Quotas", .. Ground],
        ["Providers"] = Ground,
        ["Quotas"] = Ground,
        ["Ledger"] = Ground,
        ["Prompts"] = Ground,
        ["Tokens"] = ["OpenAi"],
        ["OpenAi"] = [],
        ["Storage"] = [],
        ["Telemetry"] = [],
    };

    [Fact]
    public void Rooms_know_only_what_the_table_allows()
    {
        var rooms = Allowed.Keys.Where(room => room.Length > 0).ToArray();
        var broken = from file in SourceTree.Files().Concat(SourceTree.Components())
                     from line in file.Lines.Select((text, index) => (Text: WithoutComment(text), Number: index + 1))
                     from other in rooms
                     where other != file.Room && !Allowed[file.Room].Contains(other) && Mentions(line.Text, other)
                     select $"{file.Path}:{line.Number} {file.Room} -> {other}: {line.Text.Trim()}";

        Assert.Empty(broken);
    }

    [Fact]
    public void Every_folder_is_a_room_of_the_table() =>
        Assert.Empty(SourceTree.Files().Select(file => file.Room).Distinct().Except(Allowed.Keys));

    [Fact]
    public void HttpContext_stays_at_the_edge()
    {
        string[] edge = ["Hosting", "Proxy", "Admin", "Console"];
        var inside = from file in SourceTree.Files()
                     where !edge.Contains(file.Room) && file.Path != Path.Combine("OpenAi", "ErrorResponse.cs")
                     where file.Lines.Any(line => WithoutComment(line).Contains("HttpContext", StringComparison.Ordinal))
                     select file.Path;

        Assert.Empty(inside);
    }

    private static bool Mentions(string line, string room) =>
        line.Contains($"Gateway.{room};", StringComparison.Ordinal)
        || line == $"@using Gateway.{room}"
        || line.Contains($"Gateway.{room}.", StringComparison.Ordinal)
        || BareName().Matches(line).Any(match => match.Groups[1].Value == room);

    private static string WithoutComment(string line)
    {
        var comment = line.IndexOf("//", StringComparison.Ordinal);
        return comment < 0 ? line : line[..comment];
    }

    /// <summary>Inside <c>namespace Gateway.X</c>, <c>Ledger.Entry</c> resolves without a using; a property or a string with a room's name does not look like this.</summary>
    [GeneratedRegex("""(?<![\w."{])(Hosting|Proxy|Admin|Console|Webhooks|Keys|Providers|Quotas|Ledger|Prompts|Tokens|OpenAi|Storage|Telemetry)\.(?=[A-Z]\w*\b(?!\())(?!Value|Count|Length|Select|Where|Any|All|Add|Contains|Keys|Values|Name|Id|TryGet|First|Single|Max|Min|Sum|ToArray|ToList)""")]
    private static partial Regex BareName();
}
