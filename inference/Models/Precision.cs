namespace Rembg.Inference.Models;

/// <summary>
/// In which numbers a model computes. Auto takes int8 on a CPU with 8-bit dot products where preparing made such a file, and full
/// elsewhere and on GPUs. Int8 runs on the CPU only.
/// </summary>
public enum Precision { Auto, Int8, Full }
