using Gateway.Storage;
using Microsoft.AspNetCore.Components.Authorization;

namespace Gateway.Console.SignIn;

/// <summary>Who this circuit belongs to. Asked again before each change: a hidden button is no check, and the session may have ended.</summary>
internal sealed class Signed(AuthenticationStateProvider state, SessionStore sessions)
{
    private ConsoleSession? _session;

    public string Who => _session?.Who ?? "";

    /// <summary>For the audit log. The admin key has no name.</summary>
    public ChangedBy By => new(Who is "" or SignInEndpoints.Admin ? "console" : $"console:{Who}", string.IsNullOrEmpty(_session?.Address) ? null : _session.Address);

    public bool MayChange => _session?.MayChange ?? false;

    public async Task LoadAsync() => _session = ConsoleSession.Of((await state.GetAuthenticationStateAsync()).User);

    public async Task<bool> IsValidAsync(CancellationToken cancel) => await FindAsync(cancel) is not null;

    /// <summary>Whether the change that is about to be made may be made.</summary>
    public async Task<bool> MayChangeNowAsync(CancellationToken cancel) => await FindAsync(cancel) is { MayChange: true };

    private async Task<ConsoleSession?> FindAsync(CancellationToken cancel)
    {
        if (_session is null)
        {
            await LoadAsync();
        }

        return await sessions.FindAsync(_session?.Token, cancel);
    }
}
