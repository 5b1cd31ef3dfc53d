using Rembg.Contract.Models;

namespace Rembg.Gateway.Pods;

/// <summary>What a model says about an image, packed as pods give and take it. The gateway never looks inside.</summary>
/// <param name="Version"><see cref="ModelInfo.MaskVersion"/> of the model that made it. Only a pod that has the same may draw with it.</param>
/// <param name="Content">Never changed: caches and requests share it.</param>
public sealed record Mask(string Version, byte[] Content);
