using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Gateway.Storage.Migrations
{
    /// <inheritdoc />
    public partial class PromptsAndFeedback : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "log_prompts",
                table: "teams",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "answer_id",
                table: "requests",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "answer_key",
                table: "requests",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "content",
                table: "requests",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<bool>(
                name: "log_prompts",
                table: "keys",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "feedback",
                columns: table => new
                {
                    request_id = table.Column<string>(type: "TEXT", nullable: false),
                    time = table.Column<long>(type: "INTEGER", nullable: false),
                    request_time = table.Column<long>(type: "INTEGER", nullable: false),
                    key_id = table.Column<string>(type: "TEXT", nullable: false),
                    team_id = table.Column<string>(type: "TEXT", nullable: true),
                    user = table.Column<string>(type: "TEXT", nullable: true),
                    model = table.Column<string>(type: "TEXT", nullable: true),
                    answer_id = table.Column<string>(type: "TEXT", nullable: true),
                    rating = table.Column<int>(type: "INTEGER", nullable: false),
                    comment = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_feedback", x => x.request_id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_requests_answer_key",
                table: "requests",
                column: "answer_key",
                filter: "answer_key is not null");

            migrationBuilder.CreateIndex(
                name: "IX_feedback_key_id_time_request_id",
                table: "feedback",
                columns: new[] { "key_id", "time", "request_id" });

            migrationBuilder.CreateIndex(
                name: "IX_feedback_time_request_id",
                table: "feedback",
                columns: new[] { "time", "request_id" });

            migrationBuilder.CreateIndex(
                name: "IX_feedback_user",
                table: "feedback",
                column: "user",
                filter: "\"user\" is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "feedback");

            migrationBuilder.DropIndex(
                name: "IX_requests_answer_key",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "log_prompts",
                table: "teams");

            migrationBuilder.DropColumn(
                name: "answer_id",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "answer_key",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "content",
                table: "requests");

            migrationBuilder.DropColumn(
                name: "log_prompts",
                table: "keys");
        }
    }
}
