namespace Gateway.Providers;

/// <summary>The catalog in force. It is replaced as a whole; calls under way keep theirs.</summary>
internal sealed class Routing(CatalogSource source, RoutingOptions options, IReadOnlyList<FoundProvider> found) : IDisposable
{
    private readonly Lock _replacing = new();
    private ModelCatalog _current = new CatalogBuilder(source, options, null).Build(found);

    /// <summary>For a look at names and health. What is to be called is held by <see cref="Hold"/>.</summary>
    public ModelCatalog Current => Volatile.Read(ref _current);

    /// <summary>The machine's own providers, where the settings name none.</summary>
    public IReadOnlyList<FoundProvider> Found { get; private set; } = found;

    /// <summary>The catalog in force, kept alive until the caller disposes of it.</summary>
    public ModelCatalog Hold()
    {
        while (true)
        {
            var current = Current;
            if (current.TryHold())
            {
                return current;
            }
        }
    }

    /// <summary>Puts new settings into force, which have been checked.</summary>
    public void Replace(RoutingOptions settings, IReadOnlyList<FoundProvider> foundNow)
    {
        lock (_replacing)
        {
            var before = _current;
            var next = new CatalogBuilder(source, settings, before).Build(foundNow);
            Found = foundNow;
            Volatile.Write(ref _current, next);
            before.Dispose();
        }
    }

    public void Dispose() => _current.Dispose();
}
