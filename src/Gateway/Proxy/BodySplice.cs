using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>
/// What is changed in a caller's body on its way to one upstream: a short list of edits, in the body's order and without
/// overlap. Every byte outside them goes out as it came in. One plan a target; each opens its body as often as it is sent.
/// </summary>
internal sealed class BodySplice
{
    private static readonly ReadOnlyMemory<byte> OptionsField = "\"stream_options\":{\"include_usage\":true}"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> OptionsFieldBeforeOthers = "\"stream_options\":{\"include_usage\":true},"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> OptionsObject = "{\"include_usage\":true}"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> UsageMember = "\"include_usage\":true"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> UsageMemberBeforeOthers = "\"include_usage\":true,"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> True = "true"u8.ToArray();

    private readonly BodyEdit[] _edits;

    private BodySplice(BodyEdit[] edits, int bodyLength, bool asksForUsage)
    {
        _edits = edits;
        AsksForUsage = asksForUsage;
        Length = bodyLength;
        foreach (var edit in edits)
        {
            Length += edit.Inserted.Length - edit.Removed.Length;
        }
    }

    public ReadOnlySpan<BodyEdit> Edits => _edits;

    /// <summary>The body's length as it goes out, in bytes.</summary>
    public int Length { get; }

    /// <summary>Whether this plan makes the upstream report usage that the caller did not ask for, and so should not see.</summary>
    public bool AsksForUsage { get; }

    /// <param name="body">The body that the envelope was read from.</param>
    /// <param name="envelope">What was read.</param>
    /// <param name="upstreamModel">The upstream's name for the model. Where it is the asked one, the caller's way of writing it stays.</param>
    /// <param name="askForUsage">Whether this upstream may be asked for a stream's usage. It is, where the call streams and the caller did not ask.</param>
    /// <param name="stripFields">Top-level fields that this upstream does not bear. They are left out even where another edit would change them.</param>
    /// <param name="cap">The most tokens that an answer may have, where a limit says so.</param>
    public static BodySplice Plan(
        ReadOnlySpan<byte> body, RequestEnvelope envelope, string upstreamModel, bool askForUsage, IReadOnlyList<string> stripFields, OutputCap? cap)
    {
        var stripped = stripFields.Count == 0 ? StrippedFields.None : StrippedFields.Find(body, stripFields);
        BodyEdit? usage = askForUsage && envelope.Stream && !envelope.UsageAsked ? AskForUsage(envelope.Usage, stripped.LeavesOthers) : null;
        var model = ModelEdit(envelope, upstreamModel, envelope.HasFields && stripped.LeavesOthers);
        usage = stripped.Cover(usage) ? null : usage;
        model = stripped.Cover(model) ? null : model;
        var caps = cap?.Edits(envelope) ?? [];
        return new BodySplice(InOrder(model, usage, caps, stripped.Ranges), body.Length, usage is not null);
    }

    /// <summary>The body as it goes out. It reads from the buffer given here, which must outlive it.</summary>
    public SplicedBodyStream Open(ReadOnlyMemory<byte> body) => new(body, _edits);

    /// <summary>Where the path named the model, an upstream that is called in another form needs it in the body; a model that the caller may leave out stays out.</summary>
    private static BodyEdit? ModelEdit(RequestEnvelope envelope, string upstreamModel, bool othersFollow)
    {
        if (envelope.ModelInBody is null && !envelope.NeedsModelInBody)
        {
            return null;
        }

        if (envelope.ModelValue.Length == 0)
        {
            return new BodyEdit(envelope.ModelValue, (byte[])[.. "\"model\":"u8, .. Quote(upstreamModel), .. othersFollow ? ","u8 : default]);
        }

        return string.Equals(upstreamModel, envelope.ModelInBody, StringComparison.Ordinal) ? null : new BodyEdit(envelope.ModelValue, Quote(upstreamModel));
    }

    private static BodyEdit AskForUsage(UsageSlot slot, bool othersFollow) => slot.Kind switch
    {
        UsageSlotKind.NoOptions => new BodyEdit(slot.Range, othersFollow ? OptionsFieldBeforeOthers : OptionsField),
        UsageSlotKind.NullOptions => new BodyEdit(slot.Range, OptionsObject),
        UsageSlotKind.EmptyOptions => new BodyEdit(slot.Range, UsageMember),
        UsageSlotKind.OtherOptions => new BodyEdit(slot.Range, UsageMemberBeforeOthers),
        UsageSlotKind.NotAsked => new BodyEdit(slot.Range, True),
        _ => throw new InvalidOperationException($"Usage that the caller asked for is not asked again ({slot.Kind})."),
    };

    /// <summary>Relaxed escaping keeps a name outside ASCII readable, as most callers write it; both forms mean the same.</summary>
    private static byte[] Quote(string text)
    {
        var escaped = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var quoted = new byte[escaped.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        escaped.CopyTo(quoted.AsSpan(1));
        return quoted;
    }

    private static BodyEdit[] InOrder(BodyEdit? model, BodyEdit? usage, IReadOnlyList<BodyEdit> caps, IReadOnlyList<ByteRange> stripped)
    {
        var edits = new BodyEdit[caps.Count + (usage is null ? 0 : 1) + (model is null ? 0 : 1) + stripped.Count];
        var filled = 0;
        foreach (var cap in caps)
        {
            Place(edits, ref filled, cap);
        }

        if (model is { } named)
        {
            Place(edits, ref filled, named);
        }

        if (usage is { } asked)
        {
            Place(edits, ref filled, asked);
        }

        foreach (var range in stripped)
        {
            Place(edits, ref filled, new BodyEdit(range, default));
        }

        return edits;
    }

    /// <summary>
    /// Into its place among the few that are there. Fields put in front of all others start at one place: there the cap comes first, since a
    /// comma always follows it, and usage last, since a body with it may have no other field left; so equals keep the order in which they come.
    /// </summary>
    private static void Place(BodyEdit[] edits, ref int filled, BodyEdit edit)
    {
        var at = filled++;
        for (; at > 0 && IsAfter(edits[at - 1].Removed, edit.Removed); at--)
        {
            edits[at] = edits[at - 1];
        }

        edits[at] = edit;
    }

    private static bool IsAfter(ByteRange one, ByteRange other) =>
        one.Start > other.Start || (one.Start == other.Start && one.Length > other.Length);
}
