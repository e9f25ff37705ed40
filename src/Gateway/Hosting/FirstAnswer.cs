using Gateway.Providers;
using Gateway.Tokens;

namespace Gateway.Hosting;

/// <summary>Readies what a newcomer's first call waits for.</summary>
internal static class FirstAnswer
{
    /// <summary>
    /// With no provider the first call is to the built-in model, whose stream ends with a count: seconds later where the vocabulary
    /// is loaded only then. With providers it is left until it is needed: they count themselves, and it takes some 200 MB.
    /// </summary>
    public static void Prepare(ModelCatalog catalog, TokenCounter counter)
    {
        if (catalog.Providers.All(provider => provider.Name == ModelCatalog.EchoModel))
        {
            counter.Prepare(TokenEncodings.O200kBase);
        }
    }
}
