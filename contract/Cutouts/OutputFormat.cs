namespace Rembg.Contract.Cutouts;

/// <summary>File format of the answer.</summary>
public enum OutputFormat { Png, Webp, Jpg, Zip, Avif }

/// <summary>What the answer shows: the image with its alpha, or the mask alone as 8-bit grey.</summary>
public enum OutputChannels { Rgba, Alpha }

/// <summary>Upper bound of the image's pixels before it is laid out; a smaller image is never enlarged.</summary>
public enum OutputSize { Full, Preview, Medium, Hd }

/// <summary>What lies between subject and background.</summary>
public enum Shadow { None, Drop }

/// <summary>Whether the edges of the mask are refined and their colours cleaned, or left as they are.</summary>
public enum EdgeMode { Clean, Raw }
