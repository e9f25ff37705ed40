namespace Gateway.Storage;

/// <summary>The id of a request, sent as <c>x-request-id</c> and the ledger's primary key: <c>req_</c> and a version 7 UUID's 32 hex digits, so ids sort by time.</summary>
internal readonly record struct RequestId(string Value)
{
    public override string ToString() => Value;
}
