using Microsoft.EntityFrameworkCore;

namespace Gateway.Storage;

/// <summary>The tables of the console: who is signed in, and what protects its pages.</summary>
internal static class ConsoleTables
{
    public static void Map(ModelBuilder model)
    {
        model.Entity<ConsoleSessionRow>(sessions =>
        {
            sessions.ToTable("console_sessions");
            sessions.HasKey(s => s.Hash);
            sessions.Property(s => s.Hash).HasColumnName("hash");
            sessions.Property(s => s.Who).HasColumnName("who");
            sessions.Property(s => s.MayChange).HasColumnName("may_change");
            sessions.Property(s => s.CreatedAt).HasColumnName("created_at");
            sessions.Property(s => s.SeenAt).HasColumnName("seen_at");
        });
        model.Entity<ProtectionKeyRow>(keys =>
        {
            keys.ToTable("protection_keys");
            keys.HasKey(k => k.Id);
            keys.Property(k => k.Id).HasColumnName("id");
            keys.Property(k => k.Xml).HasColumnName("xml");
        });
    }
}
