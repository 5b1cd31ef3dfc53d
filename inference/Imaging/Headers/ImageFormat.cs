namespace Rembg.Inference.Imaging;

/// <summary>The formats that are read, told by their first bytes.</summary>
public enum ImageFormat { Jpeg, Png, Webp }
