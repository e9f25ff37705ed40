using System.Text;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>An upload, in which the provider's own name for the model takes the place of the asked one where that is another.</summary>
/// <param name="body">The form as it came; outlives this.</param>
/// <param name="model">Where it names its model; null where that stays as it is.</param>
internal sealed class FormCallBody(SpooledBody body, UploadField? model) : ICallBody
{
    public OutgoingBody For(ModelTarget target)
    {
        var stream = model is { } named && target.Provider.RewriteModel && named.Text != target.UpstreamModel
            ? new SpooledBodyStream(body, named.Start, named.Length, Encoding.UTF8.GetBytes(target.UpstreamModel))
            : new SpooledBodyStream(body, 0, 0, default);
        return new OutgoingBody(stream, stream.Length);
    }
}
