using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace Rembg.Contract.Problems;

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(string))]
public sealed partial class ProblemJson : JsonSerializerContext;
