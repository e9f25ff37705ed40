using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Gateway.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "audit",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    time = table.Column<long>(type: "bigint", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    address = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    action = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    object_type = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    object_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    before = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    after = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_audit", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "change_sequence",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false),
                    value = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_change_sequence", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "console_sessions",
                columns: table => new
                {
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    who = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    may_change = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    seen_at = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_console_sessions", x => x.hash);
                });

            migrationBuilder.CreateTable(
                name: "feedback",
                columns: table => new
                {
                    request_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    time = table.Column<long>(type: "bigint", nullable: false),
                    request_time = table.Column<long>(type: "bigint", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    team_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    user = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    model = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    answer_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    rating = table.Column<int>(type: "integer", nullable: false),
                    comment = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_feedback", x => x.request_id);
                });

            migrationBuilder.CreateTable(
                name: "keys",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    hint = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    models = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    team_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    limits = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    metadata = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    log_prompts = table.Column<int>(type: "integer", nullable: true),
                    expires_at = table.Column<long>(type: "bigint", nullable: true),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    last_used_at = table.Column<long>(type: "bigint", nullable: true),
                    revoked_at = table.Column<long>(type: "bigint", nullable: true),
                    rotated_at = table.Column<long>(type: "bigint", nullable: true),
                    change = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "old_secrets",
                columns: table => new
                {
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    works_until = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_old_secrets", x => x.hash);
                });

            migrationBuilder.CreateTable(
                name: "owned_ids",
                columns: table => new
                {
                    kind = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    key_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    team_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    provider = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    created = table.Column<long>(type: "bigint", nullable: false),
                    settled_by = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    settling_since = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_owned_ids", x => new { x.kind, x.id, x.key_id });
                });

            migrationBuilder.CreateTable(
                name: "protection_keys",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    xml = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_protection_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "quota_epochs",
                columns: table => new
                {
                    tag = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    epoch = table.Column<long>(type: "bigint", nullable: false),
                    building = table.Column<int>(type: "integer", nullable: false),
                    build_deadline = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_quota_epochs", x => x.tag);
                });

            migrationBuilder.CreateTable(
                name: "quota_usage",
                columns: table => new
                {
                    tag = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    limit_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    window = table.Column<long>(type: "bigint", nullable: false),
                    per = table.Column<int>(type: "integer", nullable: false),
                    forget_at = table.Column<long>(type: "bigint", nullable: false),
                    counted = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_quota_usage", x => new { x.tag, x.limit_id, x.window });
                });

            migrationBuilder.CreateTable(
                name: "requests",
                columns: table => new
                {
                    seq = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    time = table.Column<long>(type: "bigint", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    team_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    user = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    endpoint = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    model = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    provider = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    upstream_model = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    status = table.Column<int>(type: "integer", nullable: false),
                    outcome = table.Column<int>(type: "integer", nullable: false),
                    stream = table.Column<int>(type: "integer", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cached_tokens = table.Column<long>(type: "bigint", nullable: false),
                    reasoning_tokens = table.Column<long>(type: "bigint", nullable: false),
                    token_source = table.Column<int>(type: "integer", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    ttft_ms = table.Column<long>(type: "bigint", nullable: true),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false),
                    upstream_request_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    error_code = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    answer_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    answer_key = table.Column<long>(type: "bigint", nullable: true),
                    content = table.Column<int>(type: "integer", nullable: false),
                    cost_usd_micros = table.Column<long>(type: "bigint", nullable: true),
                    reserved_tokens = table.Column<long>(type: "bigint", nullable: false),
                    denied_by = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    attempt_list = table.Column<string>(type: "text", nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_requests", x => x.seq);
                });

            migrationBuilder.CreateTable(
                name: "reservations",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    tag = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    epoch = table.Column<long>(type: "bigint", nullable: false),
                    stage = table.Column<int>(type: "integer", nullable: false),
                    created = table.Column<long>(type: "bigint", nullable: false),
                    time = table.Column<long>(type: "bigint", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    team_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    user = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    endpoint = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    model = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    stream = table.Column<int>(type: "integer", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    micro_dollars = table.Column<long>(type: "bigint", nullable: false),
                    charges = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_reservations", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "teams",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    name = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    models = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    limits = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    log_prompts = table.Column<int>(type: "integer", nullable: true),
                    created_at = table.Column<long>(type: "bigint", nullable: false),
                    deleted_at = table.Column<long>(type: "bigint", nullable: true),
                    change = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_teams", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "usage_hours",
                columns: table => new
                {
                    bucket = table.Column<long>(type: "bigint", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    team_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    model = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    provider = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cached_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cost_usd_micros = table.Column<long>(type: "bigint", nullable: false),
                    errors = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_hours", x => new { x.bucket, x.key_id, x.team_id, x.model, x.provider });
                });

            migrationBuilder.CreateTable(
                name: "usage_users",
                columns: table => new
                {
                    bucket = table.Column<long>(type: "bigint", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    team_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    model = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    provider = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    end_user = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    requests = table.Column<long>(type: "bigint", nullable: false),
                    input_tokens = table.Column<long>(type: "bigint", nullable: false),
                    output_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cached_tokens = table.Column<long>(type: "bigint", nullable: false),
                    cost_usd_micros = table.Column<long>(type: "bigint", nullable: false),
                    errors = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage_users", x => new { x.bucket, x.key_id, x.team_id, x.model, x.provider, x.end_user });
                });

            migrationBuilder.InsertData(
                table: "change_sequence",
                columns: new[] { "id", "value" },
                values: new object[] { 1, 0L });

            migrationBuilder.CreateIndex(
                name: "IX_audit_object_id_id",
                table: "audit",
                columns: new[] { "object_id", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_feedback_key_id_time_request_id",
                table: "feedback",
                columns: new[] { "key_id", "time", "request_id" });

            migrationBuilder.CreateIndex(
                name: "IX_feedback_rating_request_time",
                table: "feedback",
                columns: new[] { "rating", "request_time" });

            migrationBuilder.CreateIndex(
                name: "IX_feedback_time_request_id",
                table: "feedback",
                columns: new[] { "time", "request_id" });

            migrationBuilder.CreateIndex(
                name: "IX_feedback_user",
                table: "feedback",
                column: "user",
                filter: "\"user\" is not null");

            migrationBuilder.CreateIndex(
                name: "IX_keys_change",
                table: "keys",
                column: "change");

            migrationBuilder.CreateIndex(
                name: "IX_keys_hash",
                table: "keys",
                column: "hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_keys_team_id",
                table: "keys",
                column: "team_id");

            migrationBuilder.CreateIndex(
                name: "IX_owned_ids_created",
                table: "owned_ids",
                column: "created",
                filter: "kind = 'batch' and (settling_since is null or settling_since >= 0)");

            migrationBuilder.CreateIndex(
                name: "IX_owned_ids_key_id_kind_created",
                table: "owned_ids",
                columns: new[] { "key_id", "kind", "created" });

            migrationBuilder.CreateIndex(
                name: "IX_quota_usage_forget_at",
                table: "quota_usage",
                column: "forget_at",
                filter: "forget_at > 0");

            migrationBuilder.CreateIndex(
                name: "IX_requests_answer_key",
                table: "requests",
                column: "answer_key",
                filter: "answer_key is not null");

            migrationBuilder.CreateIndex(
                name: "IX_requests_id",
                table: "requests",
                column: "id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_requests_key_id_time",
                table: "requests",
                columns: new[] { "key_id", "time" });

            migrationBuilder.CreateIndex(
                name: "IX_requests_model_time",
                table: "requests",
                columns: new[] { "model", "time" });

            migrationBuilder.CreateIndex(
                name: "IX_requests_outcome_time",
                table: "requests",
                columns: new[] { "outcome", "time" },
                filter: "outcome <> 0");

            migrationBuilder.CreateIndex(
                name: "IX_requests_team_id_time",
                table: "requests",
                columns: new[] { "team_id", "time" },
                filter: "team_id is not null");

            migrationBuilder.CreateIndex(
                name: "IX_requests_time",
                table: "requests",
                column: "time");

            migrationBuilder.CreateIndex(
                name: "IX_reservations_tag",
                table: "reservations",
                column: "tag");

            migrationBuilder.CreateIndex(
                name: "IX_teams_change",
                table: "teams",
                column: "change");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "audit");

            migrationBuilder.DropTable(
                name: "change_sequence");

            migrationBuilder.DropTable(
                name: "console_sessions");

            migrationBuilder.DropTable(
                name: "feedback");

            migrationBuilder.DropTable(
                name: "keys");

            migrationBuilder.DropTable(
                name: "old_secrets");

            migrationBuilder.DropTable(
                name: "owned_ids");

            migrationBuilder.DropTable(
                name: "protection_keys");

            migrationBuilder.DropTable(
                name: "quota_epochs");

            migrationBuilder.DropTable(
                name: "quota_usage");

            migrationBuilder.DropTable(
                name: "requests");

            migrationBuilder.DropTable(
                name: "reservations");

            migrationBuilder.DropTable(
                name: "teams");

            migrationBuilder.DropTable(
                name: "usage_hours");

            migrationBuilder.DropTable(
                name: "usage_users");
        }
    }
}
