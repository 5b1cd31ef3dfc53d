using Microsoft.OpenApi;
using Rembg.Contract.Cutouts;

namespace Rembg.Gateway.Docs;

/// <summary>
/// What an endpoint takes and answers, in words for callers. The endpoints read requests by hand, so nothing can be told
/// from their signatures; the tests ask each endpoint whether this is true.
/// </summary>
internal sealed record Operation(string Tag, string Id, string Summary, string? Description = null)
{
    public IReadOnlyList<Field> Path { get; init; } = [];
    public IReadOnlyList<Field> Query { get; init; } = [];
    public IReadOnlyList<Field> RequestHeaders { get; init; } = [];

    /// <summary>Forms that the body may have; none for an endpoint without one.</summary>
    public IReadOnlyList<Body> Bodies { get; init; } = [];
    public required IReadOnlyList<Answer> Answers { get; init; }

    /// <summary>Refusals by status.</summary>
    public required IReadOnlyDictionary<int, string> Problems { get; init; }

    /// <summary>Types of the JSON that a refusal may be; none for problem+json.</summary>
    public IReadOnlyList<Type> ErrorTypes { get; init; } = [];
}

/// <summary>A parameter, a form field or a header.</summary>
internal sealed record Field(string Name, OpenApiSchema Schema, string Description, bool Required = false)
{
    /// <summary>An option of a cutout.</summary>
    public static Field Of(CutoutOption option) => option.Values switch
    {
        null => Text(option.Name, option.Text),
        ["false", "true"] => Flag(option.Name, option.Text),
        var values => Choice(option.Name, option.Text, [.. values]),
    };

    public static Field Text(string name, string description) => new(name, new() { Type = JsonSchemaType.String }, description);

    public static Field Flag(string name, string description, bool initial = false) => new(name, new() { Type = JsonSchemaType.Boolean, Default = initial }, description);

    public static Field Number(string name, string description, int max = int.MaxValue, int? initial = null) =>
        new(name, new() { Type = JsonSchemaType.Integer, Minimum = "0", Maximum = max == int.MaxValue ? null : $"{max}", Default = initial }, description);

    /// <summary>One of <paramref name="values"/>; the first is what is meant when it is absent.</summary>
    public static Field Choice(string name, string description, params string[] values) =>
        new(name, new() { Type = JsonSchemaType.String, Enum = [.. values], Default = values[0] }, description);

    public static Field File(string name, string description, bool required = true) =>
        new(name, new() { Type = JsonSchemaType.String, Format = "binary" }, description, required);
}

/// <summary>One form of a request's body.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="Fields">Its fields; none for a body that is the bare file.</param>
internal sealed record Body(string ContentType, params Field[] Fields);

/// <summary>One form of success.</summary>
internal sealed record Answer(int Status, string Description)
{
    /// <summary>Media types of an answer that is a file.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Type of an answer that is JSON.</summary>
    public Type? Json { get; init; }
    public IReadOnlyList<Field> Headers { get; init; } = [];
}
