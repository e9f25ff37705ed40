using Gateway.Providers;

namespace Gateway.Hosting;

/// <summary>
/// What the gateway itself holds, so that the prompt log recognises it in any text. It follows settings and files that change while the gateway runs, and what
/// was replaced is remembered: callers who saw it may still send it.
/// </summary>
internal sealed class HeldCredentials(Routing routing, string? adminKey)
{
    /// <summary>Replaced ones that are remembered.</summary>
    private const int MaxOld = 256;

    private readonly Lock _renewing = new();
    private volatile Seen _seen = new([], adminKey is null ? [] : [adminKey]);

    /// <summary>The same list while nothing changes, which costs a look at each provider and no more.</summary>
    public IReadOnlyList<string> Current()
    {
        var seen = _seen;
        return seen.IsOf(routing.Current) ? seen.Secrets : Renew();
    }

    private string[] Renew()
    {
        lock (_renewing)
        {
            var before = _seen;
            IReadOnlyList<string>[] sources = [.. routing.Current.Providers.Select(provider => provider.Secrets)];
            string[] now = [.. sources.SelectMany(secrets => secrets).Append(adminKey).OfType<string>().Distinct(StringComparer.Ordinal)];
            string[] old = [.. before.Secrets.Except(now, StringComparer.Ordinal)];
            _seen = new Seen(sources, [.. now, .. old.Take(MaxOld)]);
            return _seen.Secrets;
        }
    }

    private sealed record Seen(IReadOnlyList<string>[] Sources, string[] Secrets)
    {
        public bool IsOf(ModelCatalog catalog)
        {
            var providers = catalog.Providers;
            if (providers.Count != Sources.Length)
            {
                return false;
            }

            for (var i = 0; i < Sources.Length; i++)
            {
                if (!ReferenceEquals(providers[i].Secrets, Sources[i]))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
