using Rembg.Contract.Models;

namespace Rembg.Models.Manifest;

/// <summary>A model as <c>manifest.json</c> declares it: where its file comes from and what the engine must know about it.</summary>
public sealed record ModelEntry
{
    public required string Name { get; init; }

    /// <summary>SPDX expression or short name of the weights' licence.</summary>
    public required string License { get; init; }

    /// <summary>Who made and trained it.</summary>
    public required string Origin { get; init; }

    /// <summary>Tried in this order.</summary>
    public required IReadOnlyList<ModelSource> Sources { get; init; }
    public required int InputWidth { get; init; }
    public required int InputHeight { get; init; }
    public required float[] Mean { get; init; }
    public required float[] Std { get; init; }
    public MaskActivation Activation { get; init; }

    /// <summary>Other shapes of the same file, each a model of its own to the engine.</summary>
    public IReadOnlyList<ModelVariant> Variants { get => field ?? []; init; } // the JSON reader sets null where there are none
}

/// <summary>The same file prepared for another input size.</summary>
public sealed record ModelVariant
{
    public required string Name { get; init; }
    public required int InputWidth { get; init; }
    public required int InputHeight { get; init; }
}
