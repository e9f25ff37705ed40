using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// The straight line of files and batches: who asks, whose is the id that they name, may they, forward to the provider that made it, remember the ids in the answer before
/// the caller learns them, one request settled, one row. They cost no tokens; what a batch used is charged by <see cref="BatchCharges"/>.
/// </summary>
internal sealed class StoredEndpoint(
    CallerKey caller,
    IOwnedIds owned,
    UploadSpool spool,
    Routing routing,
    Admittance admittance,
    Upstream upstream,
    BatchCharges charges,
    PromptKeeping keeping,
    CallFrame frame,
    IOptions<ProxyOptions> options,
    TimeProvider time)
{
    /// <summary>Asks for, cancels or deletes what an id names.</summary>
    /// <param name="http">The call.</param>
    /// <param name="endpoint">Files or batches.</param>
    /// <param name="kind">What the id names.</param>
    /// <param name="id">The id.</param>
    /// <param name="below">What follows the id in the path: nothing, or such as <c>/content</c>.</param>
    public Task ByIdAsync(HttpContext http, ApiEndpoint endpoint, OwnedKind kind, string id, string below) =>
        frame.RunAsync(http, endpoint, $"{endpoint.Path}/{Uri.EscapeDataString(id)}{below}", keepsAnswer: kind == OwnedKind.Batch, async call =>
        {
            if (await IdentifyAsync(http, call) is not { } key)
            {
                return;
            }

            using var catalog = routing.Hold();
            if (!(await owned.FindAsync(kind, id, key.Id, http.RequestAborted)).TryGet(out var found, out var error)
                || !Keeper(catalog, found).TryGet(out var keeper, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            if (!(await RequestBody.ReadAsync(http.Request.Body, http.Request.ContentLength, options.Value.MaxRequestBodyBytes, http.RequestAborted)).TryGet(out var body, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            using (body)
            {
                await ForwardAsync(http, call, key, keeper, new PlainCallBody(body.Memory));
            }
        });

    public Task CreateFileAsync(HttpContext http) => frame.RunAsync(http, ApiEndpoint.Files, null, keepsAnswer: true, async call =>
    {
        if (await IdentifyAsync(http, call) is not { } key)
        {
            return;
        }

        if (!UploadType.Boundary(http.Request).TryGet(out var boundary, out var error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        using var scanner = new UploadScanner(boundary);
        if (!(await spool.ReadAsync(http.Request, scanner, http.RequestAborted)).TryGet(out var body, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        await using (body)
        {
            using var catalog = routing.Hold();
            if (!KeeperForUpload(catalog, scanner.Form, key).TryGet(out var keeper, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            keeping.Open(call);
            try
            {
                await ForwardAsync(http, call, key, keeper, new FormCallBody(body, null, null));
            }
            finally
            {
                await keeping.EndAsync(call, scanner.Form, body);
            }
        }
    });

    public Task CreateBatchAsync(HttpContext http) => frame.RunAsync(http, ApiEndpoint.Batches, null, keepsAnswer: true, async call =>
    {
        if (await IdentifyAsync(http, call) is not { } key)
        {
            return;
        }

        if (!MediaType.IsAccepted(http.Request, out var error)
            || !(await RequestBody.ReadAsync(http.Request.Body, http.Request.ContentLength, options.Value.MaxRequestBodyBytes, http.RequestAborted)).TryGet(out var body, out error))
        {
            await RefuseAsync(http, call, error);
            return;
        }

        using (body)
        {
            using var catalog = routing.Hold();
            if (!(await FindInputAsync(key, body, http.RequestAborted)).TryGet(out var input, out error) || !Keeper(catalog, input).TryGet(out var keeper, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            using var kept = keeping.Begin(call, body);
            await ForwardAsync(http, call, key, keeper, new PlainCallBody(body.Memory), spends: true);
        }
    });

    private async Task<ApiKey?> IdentifyAsync(HttpContext http, CallRecord call)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error))
        {
            await RefuseAsync(http, call, error);
            return null;
        }

        return call.Key = key;
    }

    /// <summary>A call that makes tokens be spent later (<paramref name="spends"/>) is refused where none are left now; how many it will be, nobody can say yet.</summary>
    private async Task ForwardAsync(HttpContext http, CallRecord call, ApiKey key, ModelTarget keeper, ICallBody body, bool spends = false)
    {
        call.Provider = keeper.Provider.Name;
        if (!(await admittance.AskAsync(call, key, RequestEnvelope.Of("", stream: false, null, 1), new CallBudget(spends ? 1 : 0, 0, 1, []))).TryGet(out var permit, out var error))
        {
            LimitHeaders.Attach(http.Response, call.Endpoint, call.Figures, null, time);
            await RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
            return;
        }

        call.Admission = permit.Admission;
        LimitHeaders.Attach(http.Response, call.Endpoint, permit.Admission?.Figures ?? [], null, time);
        var answer = await upstream.SendAsync(http, new RouteWalk(new ModelRoute(keeper), 0), call, body, null);

        // An id that could not be made its key's is one that anybody, or nobody, could use: the caller does not learn it.
        if (answer.KeptBody is { } kept)
        {
            if (await RememberAsync(call, key, keeper.Provider, kept))
            {
                call.Capture?.Append(0, AnswerChannel.Content, kept.Span);
            }
            else
            {
                answer = answer with { Error = GatewayError.StoreUnavailable(), Outcome = CallOutcome.Rejected };
            }
        }

        await CallFrame.FinishAsync(http, call, answer);
        if (!answer.Sent || answer.IsUncommitted)
        {
            call.Release();
        }
        else
        {
            call.SettleRequest();
        }
    }

    private async Task<bool> RememberAsync(CallRecord call, ApiKey key, Provider provider, ReadOnlyMemory<byte> answer)
    {
        var made = StoredJson.Read(answer.Span);
        if (made.Id is not { } id)
        {
            return true;
        }

        var isBatch = call.Endpoint == ApiEndpoint.Batches;
        if (!await owned.RecordAsync(isBatch ? OwnedKind.Batch : OwnedKind.File, id, key, provider.Name))
        {
            return false;
        }

        foreach (var file in (string?[])(isBatch ? [made.OutputFile, made.ErrorFile] : []))
        {
            if (file is not null && !await owned.RecordAsync(OwnedKind.File, file, key, provider.Name))
            {
                return false;
            }
        }

        if (isBatch && BatchCharges.IsOver(made.Status))
        {
            charges.Hurry();
        }

        return true;
    }

    private async ValueTask<Outcome<OwnedId>> FindInputAsync(ApiKey key, RequestBody body, CancellationToken cancel)
    {
        // The same strictness as for every body, though a batch names no model: nobody may read another file's id in it.
        if (!RequestEnvelope.Read(body.Span, ApiEndpoint.Batches, new NamedModel("", null)).TryGet(out _, out var fault))
        {
            return fault;
        }

        var asked = StoredJson.Read(body.Span);
        if (asked.InputFile is null || asked.IsAmbiguous)
        {
            return GatewayError.InvalidRequest("The field 'input_file_id' must be given, once, as a string.", "input_file_id");
        }

        // A batch's lines name their models themselves, and go to the provider unread.
        return key.Models is null && key.Team?.Models is null
            ? await owned.FindAsync(OwnedKind.File, asked.InputFile, key.Id, cancel)
            : GatewayError.BatchNotAllowed();
    }

    private static Outcome<ModelTarget> Keeper(ModelCatalog catalog, OwnedId id) =>
        catalog.FindKeeper(id.Provider) is { } keeper ? keeper : GatewayError.NotFound(OwnedIdTable.Word(id.Kind), id.Id);

    private static Outcome<ModelTarget> Keeper(ModelCatalog catalog, string provider) => catalog.FindKeeper(provider) is { } keeper ? keeper : GatewayError.NoFilesProvider();

    /// <summary>The model's provider, where the form names one; else the one that the settings name, else the first that keeps files.</summary>
    private static Outcome<ModelTarget> KeeperForUpload(ModelCatalog catalog, UploadForm form, ApiKey key)
    {
        if (form.Model is { Text: { Length: > 0 } model })
        {
            return !key.MayUse(model) ? GatewayError.ModelNotAllowed(model)
                : catalog.Resolve(model, ApiEndpoint.Files).TryGet(out var route, out var error) ? Keeper(catalog, route.First.Provider.Name)
                : error;
        }

        return catalog.FilesProvider is { } provider ? Keeper(catalog, provider) : GatewayError.NoFilesProvider();
    }

    private static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error, CallOutcome outcome = CallOutcome.Rejected) =>
        CallFrame.RefuseAsync(http, call, error, outcome);
}
