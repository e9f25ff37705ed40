using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>The admin's calls for teams.</summary>
internal sealed class TeamRoutes(TeamStore teams, LimitFigures figures)
{
    public void Map(RouteGroupBuilder admin)
    {
        admin.MapPost("/teams", (Delegate)CreateAsync);
        admin.MapGet("/teams", (Delegate)ListAsync);
        admin.MapGet("/teams/{id}", ShowAsync);
        admin.MapPatch("/teams/{id}", ChangeAsync);
        admin.MapDelete("/teams/{id}", DeleteAsync);
    }

    private Task<IResult> CreateAsync(HttpContext http) => AdminCall.WithBodyAsync(http, async body =>
    {
        if (!TeamBody.ReadNew(body).TryGet(out var spec, out var refusal))
        {
            return new Refusal(refusal);
        }

        var made = await teams.CreateAsync(spec, AdminActor.Of(http), http.RequestAborted);
        http.Response.Headers.Location = $"/admin/teams/{made.Id}";
        return Results.Json(await ViewAsync(made, http.RequestAborted), AdminJson.Default.TeamView, statusCode: StatusCodes.Status201Created);
    });

    private Task<IResult> ListAsync(HttpContext http) => AdminCall.PageAsync(
        http,
        text => new TeamId(text).IsWellFormed,
        (after, count) => teams.ListAsync(after is null ? null : new TeamId(after), count, http.RequestAborted),
        team => ViewAsync(team, http.RequestAborted),
        view => view.Id,
        AdminJson.Default.ListViewTeamView);

    private Task<IResult> ShowAsync(string id, HttpContext http) =>
        AdminCall.PlainAsync(http, async () => await AnswerAsync(await teams.FindAsync(new TeamId(id), http.RequestAborted), http.RequestAborted));

    private Task<IResult> ChangeAsync(string id, HttpContext http) => AdminCall.WithBodyAsync(
        http,
        async body => await AnswerAsync(await teams.ChangeAsync(new TeamId(id), spec => TeamBody.Change(body, spec), AdminActor.Of(http), http.RequestAborted), http.RequestAborted));

    private Task<IResult> DeleteAsync(string id, HttpContext http) =>
        AdminCall.PlainAsync(http, async () => await AnswerAsync(await teams.DeleteAsync(new TeamId(id), AdminActor.Of(http), http.RequestAborted), http.RequestAborted));

    private async Task<IResult> AnswerAsync(Outcome<TeamRecord> outcome, CancellationToken cancel) => outcome.TryGet(out var team, out var refusal)
        ? Results.Json(await ViewAsync(team, cancel), AdminJson.Default.TeamView)
        : new Refusal(refusal);

    private async ValueTask<TeamView> ViewAsync(TeamRecord team, CancellationToken cancel) =>
        TeamView.Of(team, await figures.ShowAsync(team.Id.Value, team.Limits, cancel));
}
