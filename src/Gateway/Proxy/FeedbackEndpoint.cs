using System.Buffers;
using System.Data.Common;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Prompts;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Proxy;

/// <summary><c>POST /v1/feedback</c>: what a caller thinks of an answer they got. Counts against no limit.</summary>
internal sealed class FeedbackEndpoint(CallerKey caller, FeedbackStore feedback, Redactor redactor)
{
    private const int MaxBytes = 64 * 1024;

    public async Task HandleAsync(HttpContext http)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out var key, out var error)
            || !MediaType.IsAccepted(http.Request, out error)
            || !(await RequestBody.ReadAsync(http.Request.Body, http.Request.ContentLength, MaxBytes, http.RequestAborted)).TryGet(out var body, out error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        using (body)
        {
            if (!FeedbackRequest.Read(body.Span).TryGet(out var given, out error)
                || !(await GiveAsync(key.Id, given, http.RequestAborted)).TryGet(out var kept, out error))
            {
                await ErrorResponse.WriteAsync(http, error);
                return;
            }

            await WriteAsync(http, kept);
        }
    }

    private async Task<Outcome<Feedback>> GiveAsync(KeyId key, FeedbackRequest given, CancellationToken cancel)
    {
        try
        {
            var comment = given.Comment is { } text ? redactor.Redact(text) : null;
            return await feedback.GiveAsync(key, given.Call, given.IsUp, comment, cancel) is { } kept
                ? kept
                : GatewayError.NotFound("request of this key", given.Call.Id?.Value ?? given.Call.AnswerId ?? "");
        }
        catch (Exception failure) when (failure is DbException or DbUpdateException)
        {
            return GatewayError.StoreUnavailable();
        }
    }

    private static async Task WriteAsync(HttpContext http, Feedback kept)
    {
        var body = new ArrayBufferWriter<byte>(256);
        await using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("request_id"u8, kept.RequestId.Value);
            json.WriteString("completion_id"u8, kept.AnswerId);
            json.WriteString("rating"u8, kept.IsUp ? "up" : "down");
            json.WriteString("comment"u8, kept.Comment);
            json.WriteString("time"u8, WireTime.Write(kept.Time));
            json.WriteEndObject();
        }

        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }
}
