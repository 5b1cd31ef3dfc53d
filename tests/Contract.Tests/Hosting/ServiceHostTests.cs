using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rembg.Contract.Hosting;
using Rembg.Contract.Telemetry;

namespace Rembg.Contract.Tests.Hosting;

public class ServiceHostTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BackgroundServiceThatFaults_EndsTheProcessWithAFailure(bool whileStarting)
    {
        var fault = new TaskCompletionSource();
        if (whileStarting) fault.SetException(new InvalidOperationException("A bug."));
        var exit = RunAsync(builder => builder.Services.AddHostedService(_ => new Part(fault.Task)));
        if (!whileStarting) fault.SetException(new InvalidOperationException("A bug."));

        (await exit.WaitAsync(TimeSpan.FromMinutes(1))).ShouldBe(1);
    }

    [Fact]
    public async Task ServiceThatIsToldToStop_EndsWithSuccess()
    {
        var exit = RunAsync(builder => builder.Services.AddHostedService<Stopper>());
        (await exit.WaitAsync(TimeSpan.FromMinutes(1))).ShouldBe(0);
    }

    [Theory]
    [InlineData("--Part:Count=0", "Part:Count must be between 1 and 10.")]
    [InlineData("--Part:Count=abc", "Part:Count cannot be read. Failed to convert configuration value 'abc' at 'Part:Count' to type 'System.Int32'.")]
    [InlineData("--Part:Name=", "Part:Name field is required.")]
    [InlineData("--Part:Time=2.00:00:00", "Part:Time must be at most a day.")]
    [InlineData("--Part:Name=bad", "Part:Name must be good.")]
    public void WrongOption_IsNamedByItsKey(string argument, string message)
    {
        var builder = WebApplication.CreateBuilder([argument]);
        builder.AddOptions<PartOptions>("Part");
        Should.Throw<OptionsValidationException>(() => builder.ReadOptions<PartOptions>("Part")).Failures.ShouldBe([message]);

        using var app = builder.Build();
        Should.Throw<OptionsValidationException>(() => app.Services.GetRequiredService<IOptions<PartOptions>>().Value).Failures.ShouldBe([message]);
    }

    private static Task<int> RunAsync(Action<WebApplicationBuilder> configure) => ServiceHost.RunAsync(() =>
    {
        var builder = WebApplication.CreateBuilder(["--Service:Address=127.0.0.1", "--Service:DrainSeconds=1"]);
        builder.Logging.ClearProviders();
        builder.AddServiceHost();
        builder.AddTelemetry("test");
        configure(builder);
        var app = builder.Build();
        app.UseManagement();
        return app;
    });

    private sealed class Part(Task work) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => work;
    }

    private sealed class Stopper(IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            lifetime.ApplicationStarted.Register(lifetime.StopApplication);
            return Task.CompletedTask;
        }
    }

    private sealed class PartOptions : IValidatableObject
    {
        [Range(1, 10)] public int Count { get; set; } = 1;

        [Required] public string Name { get; set; } = "good";

        [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "Part:Time must be at most a day.")]
        public TimeSpan Time { get; set; }

        public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Name == "good" ? [] : [new("Part:Name must be good.")];
    }
}
