using System.Diagnostics.CodeAnalysis;

namespace Gateway.OpenAi;

/// <summary>What a step of the request's way came to: a value, or the error it refuses with. Refusals are values here, exceptions are bugs.</summary>
internal readonly struct Outcome<T>
    where T : notnull
{
    private readonly T? _value;
    private readonly GatewayError? _error;

    private Outcome(T? value, GatewayError? error)
    {
        _value = value;
        _error = error;
    }

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out GatewayError? error)
    {
        value = _value;
        error = _error;
        return error is null && value is not null;
    }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(GatewayError error) => new(default, error);
}
