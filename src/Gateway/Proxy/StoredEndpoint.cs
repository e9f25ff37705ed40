using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Telemetry;
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
    ModelCatalog catalog,
    Admittance admittance,
    Upstream upstream,
    BatchCharges charges,
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

            if (!(await owned.FindAsync(kind, id, key.Id, http.RequestAborted)).TryGet(out var found, out var error)
                || !Provider(found).TryGet(out var provider, out error))
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
                await ForwardAsync(http, call, key, provider, new SplicedBodyStream(body.Memory, []), body.Memory.Length);
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
            if (!ProviderForUpload(scanner.Form, key).TryGet(out var provider, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            await using var outgoing = new SpooledBodyStream(body, 0, 0, default);
            await ForwardAsync(http, call, key, provider, outgoing, outgoing.Length);
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
            if (!(await FindInputAsync(key, body, http.RequestAborted)).TryGet(out var input, out error) || !Provider(input).TryGet(out var provider, out error))
            {
                await RefuseAsync(http, call, error);
                return;
            }

            await ForwardAsync(http, call, key, provider, new SplicedBodyStream(body.Memory, []), body.Memory.Length, spends: true);
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
    private async Task ForwardAsync(HttpContext http, CallRecord call, ApiKey key, Provider provider, Stream body, long length, bool spends = false)
    {
        call.Provider = provider.Name;
        if (!(await admittance.AskAsync(call, key, RequestEnvelope.Of("", stream: false, null, 1), new CallBudget(spends ? 1 : 0, 0, 1, null))).TryGet(out var permit, out var error))
        {
            LimitHeaders.Attach(http.Response, call.Figures, null, time);
            await RefuseAsync(http, call, error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
            return;
        }

        call.Admission = permit.Admission;
        call.Attempts = 1;
        LimitHeaders.Attach(http.Response, permit.Admission?.Figures ?? [], null, time);
        var answer = await upstream.SendAsync(http, new ModelTarget(GatewayMetrics.None, provider, "", null), call, body, length, static (_, _, _) => { });

        // An id that could not be made its key's is one that anybody, or nobody, could use: the caller does not learn it.
        if (answer.KeptBody is { } kept && !await RememberAsync(call, key, provider, kept))
        {
            answer = answer with { Error = GatewayError.StoreUnavailable(), Outcome = CallOutcome.Rejected };
        }

        await frame.FinishAsync(http, call, answer);
        if (!answer.Sent || answer.IsUncommitted)
        {
            call.Release();
        }
        else
        {
            call.SettleRefused();
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
        if (JsonBytes.FindFault(body.Span) is { } fault)
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

    private Outcome<Provider> Provider(OwnedId id) =>
        catalog.FindProvider(id.Provider) is { } provider ? provider : GatewayError.NotFound(OwnedIdTable.Word(id.Kind), id.Id);

    /// <summary>The model's provider, where the form names one; else the one that the settings name, else the first that keeps files.</summary>
    private Outcome<Provider> ProviderForUpload(UploadForm form, ApiKey key)
    {
        if (form.Model is { Text: { Length: > 0 } model })
        {
            return !key.MayUse(model) ? GatewayError.ModelNotAllowed(model)
                : catalog.Resolve(model, ApiEndpoint.Files).TryGet(out var target, out var error) ? target.Provider
                : error;
        }

        return catalog.FilesProvider is { } provider ? provider : GatewayError.NoFilesProvider();
    }

    private static Task RefuseAsync(HttpContext http, CallRecord call, GatewayError error, CallOutcome outcome = CallOutcome.Rejected) =>
        CallFrame.RefuseAsync(http, call, error, outcome);
}
