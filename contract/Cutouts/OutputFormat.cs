namespace Rembg.Contract.Cutouts;

/// <summary>File format of the answer.</summary>
public enum OutputFormat { Png, Webp, Jpg, Zip }

/// <summary>What the answer shows: the picture with its alpha, or the mask alone as 8-bit grey.</summary>
public enum OutputChannels { Rgba, Alpha }

/// <summary>Upper bound of the answer's pixels; a smaller photograph is never enlarged.</summary>
public enum OutputSize { Full, Preview, Medium, Hd }
