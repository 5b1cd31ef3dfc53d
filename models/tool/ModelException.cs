namespace Rembg.Models;

/// <summary>An expected failure: its message is the one line that the user sees, and says what to do.</summary>
public sealed class ModelException(string message) : Exception(message);
