namespace Gateway.Storage;

/// <summary>One row that counts admin changes. Raised in each change's own transaction, so the row's lock puts changes in the order of their commits and a reader that goes by it misses none.</summary>
internal sealed class ChangeSequence
{
    public const int OnlyId = 1;

    public required int Id { get; init; }

    public required long Value { get; set; }
}
