using Microsoft.EntityFrameworkCore;

namespace Gateway.Storage;

/// <summary>The database on PostgreSQL: the same tables, with a set of migrations of its own.</summary>
internal sealed class PostgresDb(DbContextOptions<PostgresDb> options) : GatewayDb(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        // Compared and sorted by bytes whatever the server's locale is, as SQLite does.
        configurationBuilder.Properties<string>().UseCollation("C");
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<RequestRow>().Property(r => r.Seq).UseIdentityByDefaultColumn();
    }
}
