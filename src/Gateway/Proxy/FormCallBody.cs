using System.Text;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>An upload, in which the provider's own name for the model takes the place of the asked one where that is another.</summary>
/// <param name="body">The form as it came; outlives this.</param>
/// <param name="model">Where it names its model; null where it names none, or that stays as it is.</param>
/// <param name="boundary">Where the path names the model: the form's boundary, so that a form without the model can be given it; else null.</param>
internal sealed class FormCallBody(SpooledBody body, UploadField? model, string? boundary) : ICallBody
{
    public OutgoingBody For(ModelTarget target)
    {
        var stream = model is not null ? Renamed(model, target)
            : boundary is not null && target.NamedModel is { } name ? new SpooledBodyStream(body, 0, 0, Part(name))
            : new SpooledBodyStream(body, 0, 0, default);
        return new OutgoingBody(stream, stream.Length, IsInMemory: false);
    }

    private SpooledBodyStream Renamed(UploadField named, ModelTarget target) => target.Provider.RewriteModel && named.Text != target.UpstreamModel
        ? new SpooledBodyStream(body, named.Start, named.Length, Encoding.UTF8.GetBytes(target.UpstreamModel))
        : new SpooledBodyStream(body, 0, 0, default);

    /// <summary>In front of all others: a form that was accepted begins with its boundary.</summary>
    private byte[] Part(string name) => Encoding.UTF8.GetBytes($"--{boundary}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{name}\r\n");
}
