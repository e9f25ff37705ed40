using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>Takes away sums of windows that are over, and blocks on ids that nobody can come with any more.</summary>
internal sealed class TidyWrite(DateTimeOffset now) : JournalWrite
{
    private const string Forget = "delete from quota_usage where forget_at > 0 and forget_at < ?1";
    private const string Unblock = "delete from reservations where stage = 1 and created < ?1";

    public override void Write(JournalSession session)
    {
        Run(session, Forget);
        Run(session, Unblock);
        session.Log?.Unblock(now.ToUnixTimeMilliseconds() - QuotaWindows.Retention);
    }

    private void Run(JournalSession session, string sql)
    {
        var statement = session.Statement(sql);
        statement.Bind(1, now.ToUnixTimeMilliseconds() - QuotaWindows.Retention);
        statement.RunLater();
    }
}
