using System.Net.Sockets;
using System.Text.Json;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Console.Playground;

/// <summary>A conversation with one model, beside those with others.</summary>
public sealed class ChatColumn : IDisposable
{
    private readonly OwnApi _api;
    private readonly LedgerQueries _ledger;
    private readonly TimeProvider _time;
    private readonly List<ChatTurn> _turns = [];
    private CancellationTokenSource? _running;

    internal ChatColumn(OwnApi api, LedgerQueries ledger, TimeProvider time, string model) => (_api, _ledger, _time, Model) = (api, ledger, time, model);

    public string Model { get; set; }

    internal IReadOnlyList<ChatTurn> Turns => _turns;

    /// <summary>Changes with what is kept of it.</summary>
    internal int Stamp => _turns.Aggregate(HashCode.Combine(Model, _turns.Count), (sum, turn) => HashCode.Combine(sum, turn.Answer.Stamp));

    public bool IsRunning => _running is not null;

    /// <summary>What this column would send, or why it can't.</summary>
    internal Outcome<string> Body(ChatParameters parameters, string? draft, IReadOnlyList<ChatImage> images, bool forShow) =>
        ChatBody.Write(Model, parameters, draft is null ? _turns : [.. _turns, new ChatTurn(draft, images, _time)], forShow);

    /// <summary>Asks, and reads the answer until its end, whatever that is.</summary>
    internal async Task AskAsync(string text, IReadOnlyList<ChatImage> images, ChatParameters parameters, KeyId key)
    {
        var turn = new ChatTurn(text, images, _time);
        _turns.Add(turn);
        if (!Body(parameters, null, [], forShow: false).TryGet(out var body, out var fault))
        {
            turn.Answer.Fail(fault.Message, null, null);
            turn.Answer.Complete();
            return;
        }

        using var running = new CancellationTokenSource();
        _running = running;
        // Off the circuit's own thread, so that a fast stream can't hold up the button that stops it.
        await Task.Run(() => CallAsync(turn.Answer, body, key, running.Token), CancellationToken.None);
        _running = null;
        await _ledger.RecordedAsync(turn.Answer, _time);
    }

    /// <summary>Goes on with what was said before.</summary>
    internal void Put(IEnumerable<ChatTurn> turns) => _turns.AddRange(turns);

    /// <summary>Finds what the answers cost that were given before.</summary>
    internal async Task FindRowsAsync(CancellationToken cancel)
    {
        foreach (var answer in _turns.Select(turn => turn.Answer))
        {
            if (answer is { RequestId: { } id, Row: null } && await _ledger.FindAsync(new RequestId(id), cancel) is { } row)
            {
                answer.Recorded(row);
            }
        }
    }

    public void Stop()
    {
        if (_running is { } running)
        {
            _turns[^1].Answer.Stop();
            running.Cancel();
        }
    }

    /// <summary>Asks the last question again.</summary>
    internal ChatTurn? TakeBack()
    {
        if (_turns.Count == 0 || IsRunning)
        {
            return null;
        }

        var last = _turns[^1];
        _turns.RemoveAt(_turns.Count - 1);
        return last;
    }

    public void Clear()
    {
        Stop();
        _turns.Clear();
    }

    public void Dispose()
    {
        Stop();
        _running?.Dispose();
    }

    private async Task CallAsync(ChatAnswer answer, string body, KeyId key, CancellationToken cancel)
    {
        try
        {
            using var response = await _api.PostAsync(ApiEndpoint.ChatCompletions.Path, body, key, cancel);
            answer.RequestId = response.Headers.TryGetValues("x-request-id", out var ids) ? ids.FirstOrDefault() : null;
            await ChatStream.ReadAsync(response, answer, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The reader has enough, or left.
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            answer.Fail("The answer broke off.", null, null);
        }
        catch (JsonException)
        {
            answer.Fail("The answer is not in the form of a chat.", null, null);
        }
        finally
        {
            answer.Complete();
        }
    }
}
