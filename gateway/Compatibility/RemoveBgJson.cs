using System.Text.Json.Serialization;

namespace Rembg.Gateway.Compatibility;

internal sealed record RemoveBgResult(RemoveBgData Data);

internal sealed record RemoveBgData(
    [property: JsonPropertyName("result_b64")] ReadOnlyMemory<byte> Result,
    [property: JsonPropertyName("foreground_top")] int? Top,
    [property: JsonPropertyName("foreground_left")] int? Left,
    [property: JsonPropertyName("foreground_width")] int? Width,
    [property: JsonPropertyName("foreground_height")] int? Height);

internal sealed record RemoveBgErrors(IReadOnlyList<RemoveBgError> Errors);

internal sealed record RemoveBgError(string Title, string Code, string? Detail);

internal sealed record RemoveBgImprovement(Guid Id);

internal sealed record RemoveBgAccount(RemoveBgAccountData Data);

internal sealed record RemoveBgAccountData(RemoveBgAccountAttributes Attributes);

internal sealed record RemoveBgAccountAttributes(RemoveBgCredits Credits, RemoveBgApiAllowance Api);

internal sealed record RemoveBgCredits(int Total, int Subscription, int Payg, int Enterprise);

internal sealed record RemoveBgApiAllowance([property: JsonPropertyName("free_calls")] int FreeCalls, string Sizes);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RemoveBgResult))]
[JsonSerializable(typeof(RemoveBgErrors))]
[JsonSerializable(typeof(RemoveBgAccount))]
[JsonSerializable(typeof(RemoveBgImprovement))]
internal sealed partial class RemoveBgJson : JsonSerializerContext;
