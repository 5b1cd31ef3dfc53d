namespace Rembg.Gateway.Compatibility;

/// <summary>Where clients of other APIs may be served in two ways.</summary>
public sealed class CompatibilityOptions
{
    public const string Section = "Compatibility";

    /// <summary>
    /// What rembg's API does with a model that is not loaded. Default: the default model makes the cutout, and <c>X-Model</c> names it, since many clients
    /// have <c>u2net</c> written in them. Refuse: 422.
    /// </summary>
    public UnknownModel RembgUnknownModel { get; set; }
}

public enum UnknownModel { Default, Refuse }
