namespace Gateway.Console.Playground;

/// <summary>What is to be made of a file.</summary>
/// <param name="Model">By which model.</param>
/// <param name="Translate">Into English, whatever is spoken.</param>
/// <param name="Format">One of <see cref="AudioCall.Formats"/>.</param>
/// <param name="Language">What is spoken, as <c>de</c>; empty lets the model find out.</param>
internal sealed record AudioAsk(string Model, bool Translate, string Format, string? Language);
