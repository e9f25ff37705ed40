using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class OwnedIds : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "owned_ids",
                columns: table => new
                {
                    kind = table.Column<string>(type: "TEXT", nullable: false),
                    id = table.Column<string>(type: "TEXT", nullable: false),
                    key_id = table.Column<string>(type: "TEXT", nullable: false),
                    team_id = table.Column<string>(type: "TEXT", nullable: true),
                    provider = table.Column<string>(type: "TEXT", nullable: false),
                    created = table.Column<long>(type: "INTEGER", nullable: false),
                    settled_by = table.Column<string>(type: "TEXT", nullable: true),
                    settling_since = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_owned_ids", x => new { x.kind, x.id, x.key_id });
                });

            migrationBuilder.CreateIndex(
                name: "IX_owned_ids_created",
                table: "owned_ids",
                column: "created",
                filter: "kind = 'batch' and (settling_since is null or settling_since >= 0)");

            migrationBuilder.CreateIndex(
                name: "IX_owned_ids_key_id_kind_created",
                table: "owned_ids",
                columns: new[] { "key_id", "kind", "created" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "owned_ids");
        }
    }
}
