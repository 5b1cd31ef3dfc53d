using Microsoft.Extensions.Configuration;

namespace Rembg.Contract.Hosting;

/// <summary><c>dotnet SERVICE.dll healthcheck</c>: asks the service in the same container whether it is ready. The images have no shell and no curl.</summary>
public static class HealthCommand
{
    private const string Name = "healthcheck";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static bool IsMeant(string[] args) => args is [Name, ..];

    /// <param name="args">The name, then options such as <c>--Service:ManagementPort=7080</c>; else they come from the environment.</param>
    /// <param name="output">Takes what <c>/readyz</c> says.</param>
    /// <returns>0 when the service is ready, else 1.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args[1..]).Build();
        using var http = new HttpClient { Timeout = Timeout };
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{configuration["Service:ManagementPort"]}/readyz"));
            await output.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception failed) when (failed is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await output.WriteLineAsync(failed.Message);
            return 1;
        }
    }
}
