using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Gateway.Storage;

/// <summary>The database: keys, teams, the ledger, what quotas need to survive a crash, and the sequence of admin changes. Column names are fixed here because the journal speaks SQL.</summary>
internal class GatewayDb : DbContext
{
    /// <summary>On SQLite.</summary>
    public GatewayDb(DbContextOptions<GatewayDb> options)
        : base(options)
    {
    }

    /// <summary>On another database.</summary>
    protected GatewayDb(DbContextOptions options)
        : base(options)
    {
    }

    public DbSet<KeyRow> Keys => Set<KeyRow>();

    public DbSet<TeamRow> Teams => Set<TeamRow>();

    public DbSet<RequestRow> Requests => Set<RequestRow>();

    public DbSet<ReservationRow> Reservations => Set<ReservationRow>();

    public DbSet<QuotaUsageRow> QuotaUsage => Set<QuotaUsageRow>();

    public DbSet<QuotaEpochRow> QuotaEpochs => Set<QuotaEpochRow>();

    public DbSet<ConsoleSessionRow> ConsoleSessions => Set<ConsoleSessionRow>();

    public DbSet<ProtectionKeyRow> ProtectionKeys => Set<ProtectionKeyRow>();

    public DbSet<OwnedIdRow> OwnedIds => Set<OwnedIdRow>();

    public DbSet<ChangeSequence> ChangeSequences => Set<ChangeSequence>();

    public DbSet<FeedbackRow> Feedback => Set<FeedbackRow>();

    public DbSet<UsageHourRow> UsageHours => Set<UsageHourRow>();

    public DbSet<UsageUserRow> UsageUsers => Set<UsageUserRow>();

    public DbSet<AuditRow> Audit => Set<AuditRow>();

    public DbSet<OldSecretRow> OldSecrets => Set<OldSecretRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        // 0 and 1 everywhere: the journal's SQL then says the same to both databases.
        configurationBuilder.Properties<bool>().HaveConversion<int>();
        configurationBuilder.Properties<string>().HaveConversion<SafeTextConverter>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<KeyRow>(MapKeys);
        modelBuilder.Entity<TeamRow>(MapTeams);
        modelBuilder.Entity<RequestRow>(MapRequests);
        modelBuilder.Entity<ReservationRow>(MapReservations);
        modelBuilder.Entity<QuotaUsageRow>(MapUsage);
        modelBuilder.Entity<QuotaEpochRow>(MapEpochs);
        AdminTables.Map(modelBuilder);
        modelBuilder.Entity<OwnedIdRow>(MapOwnedIds);
        modelBuilder.Entity<FeedbackRow>(MapFeedback);
        ConsoleTables.Map(modelBuilder);
        modelBuilder.Entity<ChangeSequence>(sequence =>
        {
            sequence.ToTable("change_sequence");
            sequence.Property(s => s.Id).HasColumnName("id").ValueGeneratedNever();
            sequence.Property(s => s.Value).HasColumnName("value");
            sequence.HasData(new ChangeSequence { Id = ChangeSequence.OnlyId, Value = 0 });
        });
    }

    private static void MapKeys(EntityTypeBuilder<KeyRow> keys)
    {
        keys.ToTable("keys");
        keys.HasKey(k => k.Id);
        keys.HasIndex(k => k.Hash).IsUnique();
        keys.HasIndex(k => k.Change);
        keys.HasIndex(k => k.TeamId);
        keys.Property(k => k.Id).HasColumnName("id");
        keys.Property(k => k.Hash).HasColumnName("hash");
        keys.Property(k => k.Hint).HasColumnName("hint");
        keys.Property(k => k.Name).HasColumnName("name");
        keys.Property(k => k.Models).HasColumnName("models");
        keys.Property(k => k.TeamId).HasColumnName("team_id");
        keys.Property(k => k.Limits).HasColumnName("limits");
        keys.Property(k => k.Metadata).HasColumnName("metadata");
        keys.Property(k => k.LogPrompts).HasColumnName("log_prompts");
        keys.Property(k => k.ExpiresAt).HasColumnName("expires_at");
        keys.Property(k => k.CreatedAt).HasColumnName("created_at");
        keys.Property(k => k.LastUsedAt).HasColumnName("last_used_at");
        keys.Property(k => k.RevokedAt).HasColumnName("revoked_at");
        keys.Property(k => k.RotatedAt).HasColumnName("rotated_at");
        keys.Property(k => k.Change).HasColumnName("change");
    }

    private static void MapTeams(EntityTypeBuilder<TeamRow> teams)
    {
        teams.ToTable("teams");
        teams.HasKey(t => t.Id);
        teams.HasIndex(t => t.Change);
        teams.Property(t => t.Id).HasColumnName("id");
        teams.Property(t => t.Name).HasColumnName("name");
        teams.Property(t => t.Models).HasColumnName("models");
        teams.Property(t => t.Limits).HasColumnName("limits");
        teams.Property(t => t.LogPrompts).HasColumnName("log_prompts");
        teams.Property(t => t.CreatedAt).HasColumnName("created_at");
        teams.Property(t => t.DeletedAt).HasColumnName("deleted_at");
        teams.Property(t => t.Change).HasColumnName("change");
    }

    private static void MapRequests(EntityTypeBuilder<RequestRow> requests)
    {
        requests.ToTable("requests");
        requests.HasKey(r => r.Seq);
        requests.HasIndex(r => r.Id).IsUnique();
        requests.HasIndex(r => r.Time);
        requests.HasIndex(r => new { r.KeyId, r.Time });
        requests.HasIndex(r => new { r.Model, r.Time });
        // Partial: nearly all rows are outside, so nearly no insert pays for them.
        requests.HasIndex(r => new { r.TeamId, r.Time }).HasFilter("team_id is not null");
        requests.HasIndex(r => new { r.Outcome, r.Time }).HasFilter("outcome <> 0");
        requests.HasIndex(r => r.AnswerKey).HasFilter("answer_key is not null");
        // SQLite gives out row ids itself; AUTOINCREMENT would write a second table with every insert.
        requests.Property(r => r.Seq).HasColumnName("seq").ValueGeneratedNever();
        requests.Property(r => r.Id).HasColumnName("id").IsRequired();
        requests.Property(r => r.Time).HasColumnName("time");
        requests.Property(r => r.KeyId).HasColumnName("key_id");
        requests.Property(r => r.TeamId).HasColumnName("team_id");
        requests.Property(r => r.User).HasColumnName("user");
        requests.Property(r => r.Endpoint).HasColumnName("endpoint");
        requests.Property(r => r.Model).HasColumnName("model");
        requests.Property(r => r.Provider).HasColumnName("provider");
        requests.Property(r => r.UpstreamModel).HasColumnName("upstream_model");
        requests.Property(r => r.Status).HasColumnName("status");
        requests.Property(r => r.Outcome).HasColumnName("outcome");
        requests.Property(r => r.Stream).HasColumnName("stream");
        requests.Property(r => r.InputTokens).HasColumnName("input_tokens");
        requests.Property(r => r.OutputTokens).HasColumnName("output_tokens");
        requests.Property(r => r.CachedTokens).HasColumnName("cached_tokens");
        requests.Property(r => r.ReasoningTokens).HasColumnName("reasoning_tokens");
        requests.Property(r => r.TokenSource).HasColumnName("token_source");
        requests.Property(r => r.Attempts).HasColumnName("attempts");
        requests.Property(r => r.TtftMs).HasColumnName("ttft_ms");
        requests.Property(r => r.DurationMs).HasColumnName("duration_ms");
        requests.Property(r => r.UpstreamRequestId).HasColumnName("upstream_request_id");
        requests.Property(r => r.AnswerId).HasColumnName("answer_id");
        requests.Property(r => r.AnswerKey).HasColumnName("answer_key");
        requests.Property(r => r.Content).HasColumnName("content");
        requests.Property(r => r.ErrorCode).HasColumnName("error_code");
        requests.Property(r => r.CostMicros).HasColumnName("cost_usd_micros");
        requests.Property(r => r.ReservedTokens).HasColumnName("reserved_tokens");
        requests.Property(r => r.DeniedBy).HasColumnName("denied_by");
        requests.Property(r => r.AttemptList).HasColumnName("attempt_list");
    }

    private static void MapReservations(EntityTypeBuilder<ReservationRow> reservations)
    {
        reservations.ToTable("reservations");
        reservations.HasKey(r => r.Id);
        reservations.HasIndex(r => r.Tag);
        reservations.Property(r => r.Id).HasColumnName("id");
        reservations.Property(r => r.Tag).HasColumnName("tag");
        reservations.Property(r => r.Epoch).HasColumnName("epoch");
        reservations.Property(r => r.Stage).HasColumnName("stage");
        reservations.Property(r => r.Created).HasColumnName("created");
        reservations.Property(r => r.Time).HasColumnName("time");
        reservations.Property(r => r.KeyId).HasColumnName("key_id");
        reservations.Property(r => r.TeamId).HasColumnName("team_id");
        reservations.Property(r => r.User).HasColumnName("user");
        reservations.Property(r => r.Endpoint).HasColumnName("endpoint");
        reservations.Property(r => r.Model).HasColumnName("model");
        reservations.Property(r => r.Stream).HasColumnName("stream");
        reservations.Property(r => r.InputTokens).HasColumnName("input_tokens");
        reservations.Property(r => r.OutputTokens).HasColumnName("output_tokens");
        reservations.Property(r => r.Requests).HasColumnName("requests");
        reservations.Property(r => r.MicroDollars).HasColumnName("micro_dollars");
        reservations.Property(r => r.Charges).HasColumnName("charges");
    }

    private static void MapFeedback(EntityTypeBuilder<FeedbackRow> feedback)
    {
        feedback.ToTable("feedback");
        feedback.HasKey(f => f.RequestId);
        feedback.HasIndex(f => new { f.Time, f.RequestId });
        feedback.HasIndex(f => new { f.KeyId, f.Time, f.RequestId });
        feedback.HasIndex(f => new { f.Rating, f.RequestTime });
        feedback.HasIndex(f => f.User).HasFilter("\"user\" is not null");
        feedback.Property(f => f.RequestId).HasColumnName("request_id");
        feedback.Property(f => f.Time).HasColumnName("time");
        feedback.Property(f => f.RequestTime).HasColumnName("request_time");
        feedback.Property(f => f.KeyId).HasColumnName("key_id");
        feedback.Property(f => f.TeamId).HasColumnName("team_id");
        feedback.Property(f => f.User).HasColumnName("user");
        feedback.Property(f => f.Model).HasColumnName("model");
        feedback.Property(f => f.AnswerId).HasColumnName("answer_id");
        feedback.Property(f => f.Rating).HasColumnName("rating");
        feedback.Property(f => f.Comment).HasColumnName("comment");
    }

    private static void MapUsage(EntityTypeBuilder<QuotaUsageRow> usage)
    {
        usage.ToTable("quota_usage");
        usage.HasKey(u => new { u.Tag, u.LimitId, u.Window });
        usage.HasIndex(u => u.ForgetAt).HasFilter("forget_at > 0");
        usage.Property(u => u.Tag).HasColumnName("tag");
        usage.Property(u => u.LimitId).HasColumnName("limit_id");
        usage.Property(u => u.Window).HasColumnName("window");
        usage.Property(u => u.Per).HasColumnName("per");
        usage.Property(u => u.ForgetAt).HasColumnName("forget_at");
        usage.Property(u => u.Counted).HasColumnName("counted");
    }

    private static void MapEpochs(EntityTypeBuilder<QuotaEpochRow> epochs)
    {
        epochs.ToTable("quota_epochs");
        epochs.HasKey(e => e.Tag);
        epochs.Property(e => e.Tag).HasColumnName("tag");
        epochs.Property(e => e.Epoch).HasColumnName("epoch");
        epochs.Property(e => e.Building).HasColumnName("building");
        epochs.Property(e => e.BuildDeadline).HasColumnName("build_deadline");
    }

    private static void MapOwnedIds(EntityTypeBuilder<OwnedIdRow> owned)
    {
        owned.ToTable("owned_ids");
        // The key is part of it, so that no provider can take an id from its owner by making it again.
        owned.HasKey(o => new { o.Kind, o.Id, o.KeyId });
        owned.HasIndex(o => new { o.KeyId, o.Kind, o.Created });
        // Nearly all rows are outside: batches are few, and soon settled.
        owned.HasIndex(o => o.Created).HasFilter("kind = 'batch' and (settling_since is null or settling_since >= 0)");
        owned.Property(o => o.Kind).HasColumnName("kind");
        owned.Property(o => o.Id).HasColumnName("id");
        owned.Property(o => o.KeyId).HasColumnName("key_id");
        owned.Property(o => o.TeamId).HasColumnName("team_id");
        owned.Property(o => o.Provider).HasColumnName("provider");
        owned.Property(o => o.Created).HasColumnName("created");
        owned.Property(o => o.SettledBy).HasColumnName("settled_by");
        owned.Property(o => o.SettlingSince).HasColumnName("settling_since");
    }
}
