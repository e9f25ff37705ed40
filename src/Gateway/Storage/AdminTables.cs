using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Gateway.Storage;

/// <summary>The tables of administration: sums of usage, the audit log, and secrets in their grace.</summary>
internal static class AdminTables
{
    public static void Map(ModelBuilder model)
    {
        model.Entity<UsageHourRow>(MapHours);
        model.Entity<UsageUserRow>(MapUsers);
        model.Entity<AuditRow>(MapAudit);
        model.Entity<OldSecretRow>(secrets =>
        {
            secrets.ToTable("old_secrets");
            secrets.HasKey(s => s.Hash);
            secrets.Property(s => s.Hash).HasColumnName("hash");
            secrets.Property(s => s.KeyId).HasColumnName("key_id");
            secrets.Property(s => s.WorksUntil).HasColumnName("works_until");
        });
    }

    private static void MapHours(EntityTypeBuilder<UsageHourRow> hours)
    {
        hours.ToTable("usage_hours");
        hours.HasKey(u => new { u.Bucket, u.KeyId, u.TeamId, u.Model, u.Provider });
        hours.Property(u => u.Bucket).HasColumnName("bucket");
        hours.Property(u => u.KeyId).HasColumnName("key_id");
        hours.Property(u => u.TeamId).HasColumnName("team_id");
        hours.Property(u => u.Model).HasColumnName("model");
        hours.Property(u => u.Provider).HasColumnName("provider");
        hours.Property(u => u.Requests).HasColumnName("requests");
        hours.Property(u => u.InputTokens).HasColumnName("input_tokens");
        hours.Property(u => u.OutputTokens).HasColumnName("output_tokens");
        hours.Property(u => u.CachedTokens).HasColumnName("cached_tokens");
        hours.Property(u => u.CostMicros).HasColumnName("cost_usd_micros");
        hours.Property(u => u.Errors).HasColumnName("errors");
    }

    private static void MapUsers(EntityTypeBuilder<UsageUserRow> users)
    {
        users.ToTable("usage_users");
        users.HasKey(u => new { u.Bucket, u.KeyId, u.TeamId, u.Model, u.Provider, u.EndUser });
        users.Property(u => u.Bucket).HasColumnName("bucket");
        users.Property(u => u.KeyId).HasColumnName("key_id");
        users.Property(u => u.TeamId).HasColumnName("team_id");
        users.Property(u => u.Model).HasColumnName("model");
        users.Property(u => u.Provider).HasColumnName("provider");
        users.Property(u => u.EndUser).HasColumnName("end_user");
        users.Property(u => u.Requests).HasColumnName("requests");
        users.Property(u => u.InputTokens).HasColumnName("input_tokens");
        users.Property(u => u.OutputTokens).HasColumnName("output_tokens");
        users.Property(u => u.CachedTokens).HasColumnName("cached_tokens");
        users.Property(u => u.CostMicros).HasColumnName("cost_usd_micros");
        users.Property(u => u.Errors).HasColumnName("errors");
    }

    private static void MapAudit(EntityTypeBuilder<AuditRow> audit)
    {
        audit.ToTable("audit");
        audit.HasKey(a => a.Id);
        audit.HasIndex(a => new { a.ObjectId, a.Id });
        audit.Property(a => a.Id).HasColumnName("id");
        audit.Property(a => a.Time).HasColumnName("time");
        audit.Property(a => a.Actor).HasColumnName("actor");
        audit.Property(a => a.Address).HasColumnName("address");
        audit.Property(a => a.Action).HasColumnName("action");
        audit.Property(a => a.ObjectType).HasColumnName("object_type");
        audit.Property(a => a.ObjectId).HasColumnName("object_id");
        audit.Property(a => a.Before).HasColumnName("before");
        audit.Property(a => a.After).HasColumnName("after");
    }
}
