using System.Text.Json;
using System.Text.RegularExpressions;
using Rembg.Contract.Models;

namespace Rembg.Gateway.Pods;

/// <summary>Reads a pod's answer to <c>GET /v1/models</c>. Everything is checked here, so that no other code has to doubt it.</summary>
internal static partial class ModelListReader
{
    private const int MaxBytes = 256 << 10, MaxModels = 256, MaxSide = 1 << 16, MaxBatch = 1 << 12;

    /// <exception cref="InvalidDataException">The answer is not valid; the message says why, in our words and not in the pod's.</exception>
    public static async Task<ModelList> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var json = new byte[MaxBytes + 1];
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var length = await stream.ReadAtLeastAsync(json, json.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > MaxBytes) throw new InvalidDataException($"it is larger than {MaxBytes >> 10} KiB");
        var list = Parse(json.AsSpan(0, length));
        return Error(list) is { } error ? throw new InvalidDataException(error) : list!;
    }

    private static ModelList? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ModelJson.Default.ModelList);
        }
        catch (JsonException)
        {
            throw new InvalidDataException("it is not the JSON of the contract");
        }
    }

    private static string? Error(ModelList? list) =>
        list is null || list.Models.Count is 0 or > MaxModels || list.Models.Contains(null!) ? $"it must list 1 to {MaxModels} models"
        : !Token().IsMatch(list.Pipeline) ? "its pipeline version is not valid"
        : list.Models.Select(Error).FirstOrDefault(error => error is not null) is { } error ? error
        : list.Models.DistinctBy(model => model.Name).Count() < list.Models.Count ? "a model is listed twice"
        : list.Models.All(model => model.Name != list.Default) ? "its default is not one of its models"
        : null;

    private static string? Error(ModelInfo model) =>
        !Token().IsMatch(model.Name) ? "the name of a model is not valid"
        : !Sha256().IsMatch(model.Digest) ? "the digest of a model is not a SHA-256 in lower-case hex"
        : model.InputWidth is < 1 or > MaxSide || model.InputHeight is < 1 or > MaxSide ? "the input size of a model is not valid"
        : model.BatchSizes.Count == 0 || model.BatchSizes.Any(size => size is < 1 or > MaxBatch) ? "the batch sizes of a model are not valid"
        : null;

    [GeneratedRegex(@"\A[A-Za-z0-9._+-]{1,100}\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Sha256();
}
