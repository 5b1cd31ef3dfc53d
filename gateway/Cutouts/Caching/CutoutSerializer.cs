using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Caching.Hybrid;
using Rembg.Gateway.Memory;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>A cutout in Redis: length of the facts (4 bytes, little endian), the facts as JSON, the picture as it is.</summary>
internal sealed class CutoutSerializer : IHybridCacheSerializer<Cutout>
{
    /// <summary>More than a pod can make them.</summary>
    public const int MaxFactsBytes = 64 << 10;

    public void Serialize(Cutout value, IBufferWriter<byte> target)
    {
        var facts = JsonSerializer.SerializeToUtf8Bytes(value, CutoutJson.Default.Cutout);
        BinaryPrimitives.WriteInt32LittleEndian(target.GetSpan(sizeof(int)), facts.Length);
        target.Advance(sizeof(int));
        target.Write(facts);
        foreach (var segment in value.Content.Bytes) target.Write(segment.Span);
    }

    public Cutout Deserialize(ReadOnlySequence<byte> source)
    {
        var reader = new SequenceReader<byte>(source);
        if (!reader.TryReadLittleEndian(out int length) || !reader.TryReadExact(length, out var facts))
            throw new InvalidDataException("The cache holds something that is not a cutout.");
        var json = new Utf8JsonReader(facts);
        return JsonSerializer.Deserialize(ref json, CutoutJson.Default.Cutout)! with { Content = SharedBytes.Of(reader.UnreadSequence.ToArray()) };
    }
}

[JsonSerializable(typeof(Cutout))]
internal sealed partial class CutoutJson : JsonSerializerContext;
