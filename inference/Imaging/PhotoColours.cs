namespace Rembg.Inference.Imaging;

/// <summary>In which colours a photograph is read; 8 bits a channel always.</summary>
internal enum PhotoColours
{
    /// <summary>RGB, or RGBA when the file has transparency; converted to sRGB when it has a profile.</summary>
    SrgbWithAlpha,

    /// <summary>RGB; transparency is dropped, not painted over.</summary>
    Srgb,

    /// <summary>
    /// RGB numbers as the file has them, as the reference and the training of these models take them: a profile is not
    /// applied (CMYK excepted), transparency is dropped as by Pillow's <c>convert("RGB")</c>.
    /// </summary>
    AsStored,
}
