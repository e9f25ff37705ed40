using System.Globalization;
using System.Text;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>The most tokens that one answer may have under a hard limit, and where the upstream is told so.</summary>
/// <param name="Tokens">At least 1.</param>
/// <param name="Field">The provider's field for it, used where the caller's body has none.</param>
internal sealed record OutputCap(long Tokens, string Field)
{
    /// <summary>Whether the caller asked for more than this, or for no cap at all while <paramref name="usual"/> would have been more.</summary>
    public bool Lowers(RequestEnvelope envelope, long usual) => Tokens < (envelope.OutputCap ?? usual);

    /// <summary>The same for one target: in its provider's field, and where the caller named no cap of their own not more than the model can write.</summary>
    /// <param name="target">Who is called.</param>
    /// <param name="envelope">The call.</param>
    /// <param name="endpoint">Some calls know one field alone, whoever the provider is.</param>
    /// <param name="usual">The most of one answer where the model's settings say nothing.</param>
    public OutputCap For(ModelTarget target, RequestEnvelope envelope, ApiEndpoint endpoint, long usual)
    {
        var tokens = envelope.OutputCap is null ? Math.Min(Tokens, target.MaxOutputTokens ?? usual) : Tokens;
        var field = endpoint.CapField ?? target.Provider.OutputCapField;
        return tokens == Tokens && field == Field ? this : new OutputCap(tokens, field);
    }

    /// <summary>What has to change in the body: the fields that the caller used and that ask for more, else the provider's own field.</summary>
    public IReadOnlyList<BodyEdit> Edits(RequestEnvelope envelope)
    {
        (string Name, OutputCapField? Field)[] fields =
            [("max_tokens", envelope.MaxTokens), ("max_completion_tokens", envelope.MaxCompletionTokens), ("max_output_tokens", envelope.MaxOutputTokens)];
        var digits = Encoding.ASCII.GetBytes(Tokens.ToString(CultureInfo.InvariantCulture));
        if (envelope.OutputCap is not null)
        {
            return [.. fields.Where(field => field.Field?.Tokens > Tokens).Select(field => Replace(field.Field, digits))];
        }

        // A cap of null caps nothing; where it stands in the provider's field, a second field of that name would be ambiguous.
        var present = fields.FirstOrDefault(field => field.Name == Field).Field;
        return [present is null ? new BodyEdit(new ByteRange(envelope.FieldsStart, 0), Encoding.ASCII.GetBytes($"\"{Field}\":{Tokens.ToString(CultureInfo.InvariantCulture)},")) : Replace(present, digits)];
    }

    private static BodyEdit Replace(OutputCapField? field, byte[] digits) =>
        new(field?.Value ?? throw new InvalidOperationException("A cap that is not there can't be replaced."), digits);
}
