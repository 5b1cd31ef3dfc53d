using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Rembg.Contract.Hosting;

public static class OptionsRegistration
{
    /// <summary>Binds a feature's options to its section and checks them at start, so that a wrong value stops the process with the key's name.</summary>
    public static void AddOptions<T>(this WebApplicationBuilder builder, string section) where T : class =>
        builder.Services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
}
