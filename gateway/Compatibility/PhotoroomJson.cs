using System.Text.Json.Serialization;

namespace Rembg.Gateway.Compatibility;

/// <param name="Base64">The picture, as the vendor's OpenAPI names it.</param>
/// <param name="Result">The same, as its older documents name it.</param>
internal sealed record PhotoroomResult([property: JsonPropertyName("base64img")] ReadOnlyMemory<byte> Base64, [property: JsonPropertyName("result_b64")] ReadOnlyMemory<byte> Result);

internal sealed record PhotoroomError(string Detail, [property: JsonPropertyName("status_code")] int StatusCode, string Type);

internal sealed record PhotoroomFailure(PhotoroomMessage Error);

internal sealed record PhotoroomMessage(string Message);

internal sealed record PhotoroomEditAccount(PhotoroomCredits Images, string Plan);

internal sealed record PhotoroomAccount(PhotoroomCredits Credits);

internal sealed record PhotoroomCredits(int Available, int Subscription);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PhotoroomResult))]
[JsonSerializable(typeof(PhotoroomError))]
[JsonSerializable(typeof(PhotoroomFailure))]
[JsonSerializable(typeof(PhotoroomAccount))]
[JsonSerializable(typeof(PhotoroomEditAccount))]
internal sealed partial class PhotoroomJson : JsonSerializerContext;
