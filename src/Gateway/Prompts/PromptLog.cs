using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gateway.Telemetry;
using Microsoft.Extensions.Options;

namespace Gateway.Prompts;

/// <summary>
/// Where calls hand in their prompts and answers. Handing in never waits: what waits to be redacted and written is bounded in number and in bytes, what goes beyond is
/// dropped and counted, and so is what the store refuses. Redacting and writing happen on a thread of its own.
/// </summary>
internal sealed partial class PromptLog(
    PromptStore store, Redactor redactor, PromptEvents events, GatewayMetrics metrics, IOptions<PromptLogOptions> options, TimeProvider time, ILogger<PromptLog> log)
    : IHostedService, IDisposable
{
    /// <summary>Records in one transaction.</summary>
    private const int MaxGroup = 200;

    /// <summary>What gathers before it is written. A call's content must be readable two seconds after its end.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    /// <summary>What a stop grants to write what waits.</summary>
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan WrittenPatience = TimeSpan.FromSeconds(5);

    private readonly PromptLogOptions _options = options.Value;
    private readonly ConcurrentQueue<PromptCapture> _queue = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ManualResetEventSlim _hurry = new(false);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _givingUp = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PromptComposer _composer = new(redactor, options.Value.MaxBytesPerRecord);
    private readonly List<PromptRow> _group = new(MaxGroup);
    private long _waitingBytes;
    private int _waitingRows;
    private long _handedIn;
    private long _done;
    private int _awake;
    private bool _started;
    private bool _storeFailed;

    /// <summary>Records that wait.</summary>
    public int WaitingRows => Volatile.Read(ref _waitingRows);

    /// <summary>What a call's prompt and answer are gathered in; null where they are not to be kept, which costs nothing.</summary>
    /// <param name="asked">What the key says, else its team; null where the settings decide.</param>
    public PromptCapture? Open(bool? asked) => asked ?? _options.Enabled ? new PromptCapture(_options.MaxBytesPerRecord) : null;

    /// <summary>Takes over a capture that is complete. Never waits.</summary>
    /// <returns>False where it was dropped.</returns>
    public bool TryHandIn(PromptCapture capture)
    {
        var size = capture.Size;
        var rows = Interlocked.Increment(ref _waitingRows);
        if (Interlocked.Add(ref _waitingBytes, size) > _options.QueueBytes || rows > _options.QueueRows)
        {
            Forget(capture, size);
            return false;
        }

        Interlocked.Increment(ref _handedIn);
        _queue.Enqueue(capture);
        if (Interlocked.Exchange(ref _awake, 1) == 0)
        {
            _wake.Set();
        }

        return true;
    }

    /// <summary>Waits until what was handed in before is written or dropped.</summary>
    /// <returns>False where that took more than a few seconds.</returns>
    public async Task<bool> WrittenAsync(CancellationToken cancel)
    {
        var upTo = Volatile.Read(ref _handedIn);
        var begun = time.GetTimestamp();
        while (Volatile.Read(ref _done) < upTo)
        {
            if (time.GetElapsedTime(begun) > WrittenPatience)
            {
                return false;
            }

            _hurry.Set();
            await Task.Delay(Look, time, cancel);
        }

        return true;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var reason in DropReason.All)
        {
            metrics.LogDropped(reason, 0);
        }

        _started = true;
        new Thread(Run) { Name = "prompt log", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            return;
        }

        await _stopping.CancelAsync();
        _wake.Set();
        if (await Task.WhenAny(_ended.Task, Task.Delay(LastFlush, time, CancellationToken.None)) != _ended.Task)
        {
            await _givingUp.CancelAsync();
            await _ended.Task;
        }
    }

    public void Dispose()
    {
        _wake.Dispose();
        _hurry.Dispose();
        _stopping.Dispose();
        _givingUp.Dispose();
    }

    private void Forget(PromptCapture capture, int size)
    {
        capture.Dispose();
        Interlocked.Decrement(ref _waitingRows);
        Interlocked.Add(ref _waitingBytes, -size);
        metrics.LogDropped(DropReason.QueueFull, 1);
    }

    private void Run()
    {
        while (!_stopping.IsCancellationRequested || !_queue.IsEmpty)
        {
            _wake.WaitOne();
            if (!_stopping.IsCancellationRequested)
            {
                _hurry.Wait(Gather);
            }

            // Before the queue is read: what comes after this wakes the thread again.
            _hurry.Reset();
            Interlocked.Exchange(ref _awake, 0);
            while (!_queue.IsEmpty && !_givingUp.IsCancellationRequested)
            {
                WriteGroup();
            }

            if (_givingUp.IsCancellationRequested)
            {
                DropRest();
            }
            else if (_stopping.IsCancellationRequested)
            {
                _wake.Set();
            }
        }

        _ended.SetResult();
    }

    private void WriteGroup()
    {
        var taken = 0;
        _group.Clear();
        while (taken < MaxGroup && _queue.TryDequeue(out var capture))
        {
            taken++;
            using (capture)
            {
                Take(capture);
            }
        }

        foreach (var day in _group.GroupBy(row => row.Day))
        {
            TryWrite(day.Key, [.. day]);
        }

        Interlocked.Add(ref _done, taken);
    }

    private void Take(PromptCapture capture)
    {
        var size = capture.Size;
        if (capture.Call is { } call)
        {
            var row = Compose(capture, call);
            _group.Add(row);
            events.Tell(row, call);
        }

        Interlocked.Decrement(ref _waitingRows);
        Interlocked.Add(ref _waitingBytes, -size);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "What could not be redacted must not be kept, and one such record must not end the log.")]
    private PromptRow Compose(PromptCapture capture, CapturedCall call)
    {
        try
        {
            return _composer.Compose(capture, call);
        }
        catch (Exception fault)
        {
            LogWithheld(call.Id.Value, fault.GetType().Name);
            return PromptComposer.Withhold(call);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever a store can throw only drops prompts: the log must outlive it.")]
    private void TryWrite(DateOnly day, IReadOnlyList<PromptRow> rows)
    {
        try
        {
            store.Write(day, rows);
            if (_storeFailed)
            {
                _storeFailed = false;
                LogBack();
            }
        }
        catch (Exception failure)
        {
            metrics.LogDropped(DropReason.Store, rows.Count);
            // Once an outage: the next ones say nothing new.
            if (!_storeFailed)
            {
                _storeFailed = true;
                LogFailed(failure);
            }
        }
    }

    private void DropRest()
    {
        while (_queue.TryDequeue(out var capture))
        {
            capture.Dispose();
            metrics.LogDropped(DropReason.Stopped, 1);
        }
    }

    [LoggerMessage(4101, LogLevel.Error, "Prompts and answers can't be written and are dropped until they can; calls go on")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(4102, LogLevel.Information, "Prompts and answers can be written again")]
    private partial void LogBack();

    [LoggerMessage(4103, LogLevel.Error, "The content of {RequestId} could not be redacted ({Fault}) and was not kept")]
    private partial void LogWithheld(string requestId, string fault);
}
