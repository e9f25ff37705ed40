using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Quotas;

namespace Gateway.Admin;

/// <summary>The admin API's answers as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(AdminTimeConverter)])]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(ListView<KeyView>))]
[JsonSerializable(typeof(TeamView))]
[JsonSerializable(typeof(ListView<TeamView>))]
[JsonSerializable(typeof(ListView<NearLimitView>))]
[JsonSerializable(typeof(ListView<ModelView>))]
[JsonSerializable(typeof(ListView<ProviderView>))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(LimitSpec[]))]
[JsonSerializable(typeof(ImportView))]
[JsonSerializable(typeof(ListView<AuditView>))]
[JsonSerializable(typeof(RequestView))]
[JsonSerializable(typeof(ListView<RequestView>))]
[JsonSerializable(typeof(ListView<FeedbackView>))]
[JsonSerializable(typeof(ErasedView))]
internal sealed partial class AdminJson : JsonSerializerContext;
