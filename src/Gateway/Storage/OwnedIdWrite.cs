namespace Gateway.Storage;

/// <summary>Makes durable whose an id is, before its caller learns of it. An id that is known keeps its owner.</summary>
internal sealed class OwnedIdWrite(OwnedIdRow row) : JournalWrite
{
    private const string Insert =
        """
        insert into owned_ids (kind, id, key_id, team_id, provider, created) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (kind, id, key_id) do nothing
        """;

    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool IsUrgent => true;

    /// <summary>Whether it is durable.</summary>
    public Task<bool> Result => _done.Task;

    public override void Write(JournalSession session)
    {
        var insert = session.Statement(Insert);
        insert.Bind(1, row.Kind);
        insert.Bind(2, row.Id);
        insert.Bind(3, row.KeyId);
        insert.Bind(4, row.TeamId);
        insert.Bind(5, row.Provider);
        insert.Bind(6, row.Created);
        insert.RunLater();
    }

    public override void Committed() => _done.SetResult(true);

    public override void Failed(Exception failure) => _done.SetResult(false);
}
