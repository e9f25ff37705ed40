using System.Text;
using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>
/// The members of an answer's JSON that are looked for, as a small tree: <c>choices</c>, <c>error</c>, <c>usage</c> and <c>id</c> at the top, and the further
/// places where a provider puts usage, such as <c>x_groq.usage</c>, or a dialect its usage and status. Built once per provider or dialect.
/// </summary>
internal sealed class UsagePaths
{
    public const int Root = -1;
    public const int None = -2;
    public const int MaxDepth = 8;
    public const int MaxNameLength = 64;

    public static readonly UsagePaths Default = new([]);

    private readonly Member[] _members;

    /// <param name="more">Dotted paths from the top, in addition to <c>usage</c>. A name may not itself hold a dot.</param>
    public UsagePaths(IEnumerable<string> more)
        : this(more, [])
    {
    }

    /// <param name="more">Dotted paths from the top, in addition to <c>usage</c>.</param>
    /// <param name="statuses">The paths at which an answer tells how far it has come.</param>
    public UsagePaths(IEnumerable<string> more, IEnumerable<string> statuses)
    {
        var members = new List<Member>
        {
            new(Root, "choices"u8.ToArray(), MemberKind.Choices),
            new(Root, "error"u8.ToArray(), MemberKind.Error),
            new(Root, "usage"u8.ToArray(), MemberKind.Usage),
            new(Root, "id"u8.ToArray(), MemberKind.Id),
        };
        Add(members, "response.id", MemberKind.Id);
        Add(members, "message.id", MemberKind.Id);
        foreach (var path in more)
        {
            Add(members, path, MemberKind.Usage);
        }

        foreach (var path in statuses)
        {
            Add(members, path, MemberKind.Status);
        }

        _members = [.. members];
    }

    internal enum MemberKind
    {
        /// <summary>An object on the way to one.</summary>
        Branch,
        Usage,
        Choices,
        Error,

        /// <summary>The answer's own id: of a chat completion at the top, of a response or a message where its stream's first event has it.</summary>
        Id,
        Status,
    }

    public MemberKind KindOf(int member) => _members[member].Kind;

    /// <summary>Whether this is the top-level <c>usage</c>, the one that makes a usage-only chunk.</summary>
    public bool IsTopUsage(int member) => _members[member] is { Parent: Root, Kind: MemberKind.Usage } && _members[member].Name.AsSpan().SequenceEqual("usage"u8);

    public int Find(int parent, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _members.Length; i++)
        {
            if (_members[i].Parent == parent && name.SequenceEqual(_members[i].Name))
            {
                return i;
            }
        }

        return None;
    }

    public int Find(int parent, ref readonly Utf8JsonReader property)
    {
        if (!property.ValueIsEscaped)
        {
            return Find(parent, property.ValueSpan);
        }

        for (var i = 0; i < _members.Length; i++)
        {
            if (_members[i].Parent == parent && JsonText.Is(in property, _members[i].Name))
            {
                return i;
            }
        }

        return None;
    }

    private static void Add(List<Member> members, string path, MemberKind last)
    {
        var names = path.Split('.');
        if (names.Length > MaxDepth || names.Any(name => name.Length is 0 or > MaxNameLength || !Ascii.IsValid(name)))
        {
            throw new ArgumentException($"'{path}' is no path into an answer: up to {MaxDepth} names of ASCII, separated by dots.", nameof(path));
        }

        var parent = Root;
        for (var i = 0; i < names.Length; i++)
        {
            var name = Encoding.ASCII.GetBytes(names[i]);
            var kind = i == names.Length - 1 ? last : MemberKind.Branch;
            var known = members.FindIndex(member => member.Parent == parent && member.Name.AsSpan().SequenceEqual(name));
            if (known >= 0 && members[known].Kind != kind)
            {
                throw new ArgumentException($"'{path}' leads through a member that is itself read in another way.", nameof(path));
            }

            if (known < 0)
            {
                members.Add(new Member(parent, name, kind));
                known = members.Count - 1;
            }

            parent = known;
        }
    }

    private sealed record Member(int Parent, byte[] Name, MemberKind Kind);
}
