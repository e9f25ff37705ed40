using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>The one place where an error of the gateway's own becomes a response.</summary>
internal static class ErrorResponse
{
    /// <summary>People read these on terminals: quotes and letters stay what they are. The body is never part of a page.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Answers with the error in OpenAI's shape, or in Anthropic's where the path is one of theirs: whoever refuses, also before routing, and whatever the path's case. Nothing happens when a response has begun or the caller has gone:
    /// a half-sent answer cannot become an error any more.
    /// </summary>
    public static async Task WriteAsync(HttpContext http, GatewayError error)
    {
        if (http.Response.HasStarted || http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var body = BodyOf(http, error);
        var isAnthropic = IsAnthropic(http.Request.Path);
        var response = http.Response;
        var (allow, connection) = (response.Headers.Allow, response.Headers.Connection);
        response.Clear();
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        response.Headers["x-request-id"] = http.TraceIdentifier;
        if (isAnthropic)
        {
            response.Headers["request-id"] = http.TraceIdentifier;
        }

        SetRetryHeaders(response.Headers, error);
        if (error.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        // Set by whoever refuses, and still true of this answer; setting an empty value sets nothing.
        response.Headers.Allow = allow;
        response.Headers.Connection = connection;

        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await response.Body.WriteAsync(body, http.RequestAborted);
        }
    }

    /// <summary>The error's body alone, in the shape of the path's API.</summary>
    public static ReadOnlyMemory<byte> BodyOf(HttpContext http, GatewayError error)
    {
        var body = new ArrayBufferWriter<byte>(256);
        if (IsAnthropic(http.Request.Path))
        {
            WriteAnthropicBody(body, error, http.TraceIdentifier);
        }
        else
        {
            WriteBody(body, error);
        }

        return body.WrittenMemory;
    }

    internal static void WriteBody(IBufferWriter<byte> output, GatewayError error)
    {
        using var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        WriteError(json, error);
        json.WriteEndObject();
    }

    /// <summary>The same as an event of a realtime session.</summary>
    public static ReadOnlyMemory<byte> Event(GatewayError error)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body, Readable);
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteString("event_id"u8, $"event_{Guid.NewGuid():N}");
        WriteError(json, error);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    /// <summary>The same as an event of the responses API's WebSocket, with what an answer's status and headers would tell.</summary>
    /// <param name="error">The error.</param>
    /// <param name="lane">The <c>stream_id</c> that was asked on; empty where none was.</param>
    public static ReadOnlyMemory<byte> ResponsesEvent(GatewayError error, string lane)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(body, Readable);
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteNumber("status"u8, error.Status);
        if (lane.Length > 0)
        {
            json.WriteString("stream_id"u8, lane);
        }

        WriteError(json, error);
        var headers = new HeaderDictionary();
        SetRetryHeaders(headers, error);
        if (headers.Count > 0)
        {
            json.WriteStartObject("headers"u8);
            foreach (var (name, value) in headers)
            {
                json.WriteString(name.ToLowerInvariant(), value.ToString());
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    private static void WriteError(Utf8JsonWriter json, GatewayError error)
    {
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, error.Type);
        json.WriteString("param"u8, error.Param);
        json.WriteString("code"u8, error.Code);
        json.WriteEndObject();
    }

    internal static void WriteAnthropicBody(IBufferWriter<byte> output, GatewayError error, string requestId)
    {
        using var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, AnthropicType(error.Status));
        json.WriteString("message"u8, error.Message);
        json.WriteEndObject();
        json.WriteString("request_id"u8, requestId);
        json.WriteEndObject();
    }

    /// <summary>With and without <c>/v1</c>, and below <c>messages</c> whether there is such a path or not.</summary>
    internal static bool IsAnthropic(PathString path) => path.StartsWithSegments("/v1/messages") || path.StartsWithSegments("/messages");

    /// <summary>Anthropic's word for each status; what it has none for goes by the first digit.</summary>
    private static string AnthropicType(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 or 529 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };

    private static void SetRetryHeaders(IHeaderDictionary headers, GatewayError error)
    {
        if (error.ShouldRetry is { } retry)
        {
            headers["x-should-retry"] = retry ? "true" : "false";
        }

        if (error.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }
    }
}
