using System.Data.Common;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.JSInterop;

namespace Gateway.Console.Pages;

/// <summary>
/// A page that reads once and then again and again while somebody looks at it. A read that fails leaves what was there, and says so; the database's
/// failures are the reader's news, anything else is a bug and goes to the boundary around the page.
/// </summary>
public abstract class LivePage : ComponentBase, IAsyncDisposable
{
    private readonly CancellationTokenSource _left = new();

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    /// <summary>Since when the page could not read; null while it can.</summary>
    protected DateTimeOffset? StaleSince { get; private set; }

    protected DateTimeOffset? ReadAt { get; private set; }

    protected CancellationToken Left => _left.Token;

    /// <summary>How often to read again; null for never.</summary>
    protected virtual TimeSpan? Every => null;

    /// <summary>Reads what the page shows.</summary>
    protected abstract Task ReadAsync(CancellationToken cancel);

    protected override async Task OnParametersSetAsync() => await TryReadAsync();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender || Every is not { } period)
        {
            return;
        }

        using var timer = new PeriodicTimer(period, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(Left))
            {
                // Nobody pays for a page in a hidden tab.
                if (await Js.InvokeAsync<bool>("gateway.visible", Left))
                {
                    await TryReadAsync();
                    StateHasChanged();
                }
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or JSDisconnectedException or ObjectDisposedException)
        {
            // The page is left, or its browser is.
        }
    }

    /// <summary>Reads now, whatever the time.</summary>
    protected async Task TryReadAsync()
    {
        try
        {
            await ReadAsync(Left);
            (StaleSince, ReadAt) = (null, Time.GetUtcNow());
        }
        catch (Exception failure) when (failure is DbException or DbUpdateException)
        {
            StaleSince ??= Time.GetUtcNow();
        }
        catch (OperationCanceledException) when (_left.IsCancellationRequested)
        {
            // The page is left.
        }
        catch (ObjectDisposedException)
        {
            // The gateway stops, and this circuit with it.
        }
    }

    /// <summary>Ends what the page began.</summary>
    protected virtual void Leave()
    {
    }

    public async ValueTask DisposeAsync()
    {
        Leave();
        await _left.CancelAsync();
        _left.Dispose();
        GC.SuppressFinalize(this);
    }
}
