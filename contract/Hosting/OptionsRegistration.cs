using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Rembg.Contract.Hosting;

/// <summary>Options come from configuration by one way only. A wrong value throws <see cref="OptionsValidationException"/>, and each of its messages begins with the key.</summary>
public static class OptionsRegistration
{
    /// <summary>Binds a feature's options to its section and checks them at start.</summary>
    public static void AddOptions<T>(this WebApplicationBuilder builder, string section) where T : class =>
        builder.Services.AddOptions<T>().Configure<IConfiguration>((options, configuration) => Bind(configuration, section, options)).ValidateOnStart();

    /// <summary>The same options while the service is still being built.</summary>
    public static T ReadOptions<T>(this WebApplicationBuilder builder, string section) where T : class, new()
    {
        var options = new T();
        Bind(builder.Configuration, section, options);
        return options;
    }

    private static void Bind<T>(IConfiguration configuration, string section, T options) where T : class
    {
        try
        {
            configuration.GetSection(section).Bind(options);
        }
        catch (InvalidOperationException unreadable)
        {
            // "Failed to convert configuration value 'abc' at 'Edge:RequestTimeout' to type 'System.TimeSpan'."
            var key = unreadable.Message.Split('\'').FirstOrDefault(part => part.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase)) ?? section;
            throw new OptionsValidationException(section, typeof(T), [$"{key} cannot be read. {unreadable.Message}"]);
        }
        if (Failures(section, options).ToArray() is { Length: > 0 } failures) throw new OptionsValidationException(section, typeof(T), failures);
    }

    /// <summary>The framework's own messages begin with "The field KEY" or "The KEY field".</summary>
    private static string BeginWithKey(string message)
    {
        foreach (var beginning in (string[])["The field ", "The "])
            if (message.StartsWith(beginning, StringComparison.Ordinal)) return message[beginning.Length..];
        return message;
    }

    private static IEnumerable<string> Failures(string section, object options)
    {
        List<ValidationResult> results = [];
        foreach (var property in options.GetType().GetProperties())
        {
            var context = new ValidationContext(options) { MemberName = property.Name, DisplayName = $"{section}:{property.Name}" };
            Validator.TryValidateProperty(property.GetValue(options), context, results);
        }
        if (results.Count == 0 && options is IValidatableObject whole) results.AddRange(whole.Validate(new(options)));
        return results.Select(result => BeginWithKey(result.ErrorMessage!));
    }
}
