namespace Rembg.Gateway.Docs;

/// <summary>Whether the service describes itself.</summary>
public sealed class DocsOptions
{
    public const string Section = "Docs";

    /// <summary>Off: <c>/docs</c> and <c>/openapi/v1.json</c> are 404.</summary>
    public bool Enabled { get; set; } = true;
}
