using System.Diagnostics.CodeAnalysis;

namespace Gateway.Quotas;

/// <summary>An answer of the counters, or why there is none.</summary>
internal readonly struct QuotaReply<T>
    where T : notnull
{
    private readonly T? _value;
    private readonly StoreFailure? _failure;

    private QuotaReply(T? value, StoreFailure? failure)
    {
        _value = value;
        _failure = failure;
    }

    /// <summary>For interface types, which have no implicit conversions.</summary>
    public static QuotaReply<T> Of(T value) => new(value, null);

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out StoreFailure? failure)
    {
        value = _value;
        failure = _failure;
        return failure is null && value is not null;
    }

    public static implicit operator QuotaReply<T>(T value) => Of(value);

    public static implicit operator QuotaReply<T>(StoreFailure failure) => new(default, failure);
}
