using System.Globalization;

namespace Gateway.OpenAi;

/// <summary>What the gateway needs to know of a <c>multipart/form-data</c> body: few small fields and how much else there is.</summary>
internal sealed class UploadForm
{
    /// <summary>In bytes: what is kept of the first file, to tell an audio file's byte rate by its header.</summary>
    public const int MaxFileHead = 64;

    /// <summary>The fields that are read. All others only count.</summary>
    public static readonly IReadOnlyList<string> Known = ["model", "stream", "n", "user", "response_format", "purpose"];

    private readonly List<UploadPart> _parts = [];
    private readonly Dictionary<string, UploadField> _fields = new(StringComparer.Ordinal);
    private byte[] _fileHead = [];

    public UploadField? Model => Field("model");

    /// <summary>The caller's own name for the end user, cut to what the ledger keeps.</summary>
    public string? User => Field("user")?.Text is { } user ? user[..Math.Min(user.Length, EnvelopeReader.MaxUserLength)] : null;

    public string? ResponseFormat => Field("response_format")?.Text;

    public bool Stream => Field("stream")?.Text.Trim().Equals("true", StringComparison.OrdinalIgnoreCase) ?? false;

    /// <summary>How many answers; at least 1.</summary>
    public int Choices { get; private set; } = 1;

    /// <summary>Bytes of all text parts together.</summary>
    public long TextBytes { get; private set; }

    public long FileBytes { get; private set; }

    public int Files { get; private set; }

    /// <summary>Every part, in the body's order.</summary>
    public IReadOnlyList<UploadPart> Parts => _parts;

    /// <summary>The first bytes of the first file.</summary>
    public ReadOnlySpan<byte> FileHead => _fileHead;

    public UploadField? Field(string name) => _fields.GetValueOrDefault(name);

    public GatewayError? Take(string name, UploadField field)
    {
        if (!_fields.TryAdd(name, field))
        {
            return GatewayError.InvalidRequest($"The part '{name}' is given more than once.", name);
        }

        return name switch
        {
            "n" => TakeChoices(field.Text),
            "stream" when field.Text.Trim() is not ("true" or "false" or "True" or "False" or "") =>
                GatewayError.InvalidRequest("The part 'stream' must be true or false.", "stream"),
            _ => null,
        };
    }

    public void Add(UploadPart part) => _parts.Add(part);

    public void CountText(long bytes) => TextBytes += bytes;

    public void CountFile(long bytes, ReadOnlySpan<byte> head)
    {
        if (Files++ == 0)
        {
            _fileHead = head.ToArray();
        }

        FileBytes += bytes;
    }

    private GatewayError? TakeChoices(string text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
        {
            return GatewayError.InvalidRequest("The part 'n' must be an integer of at least 1.", "n");
        }

        Choices = count;
        return null;
    }
}
