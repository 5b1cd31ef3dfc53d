using System.Text.Json.Serialization;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tasks.Redis;

namespace Rembg.Gateway.Tasks;

/// <summary>What the store keeps as JSON; optional parts are left out, unknown ones ignored, so that versions can live side by side.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TaskRequest))]
[JsonSerializable(typeof(TaskResult))]
[JsonSerializable(typeof(TaskShare))]
[JsonSerializable(typeof(RedisTaskOptions))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class TaskJson : JsonSerializerContext;
